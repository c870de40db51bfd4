// SPDX-License-Identifier: BSD-2-Clause
/* The table of common/helpers.h, for look-ups. */

#include <linux/bpf.h>

#include "../common/helpers.h"
#include "../common/image.h"
#include "helper.h"
#include "object.h"

/* What a program calls to have that one called; a new entry needs its own. */
#define array_lookup_FUNC BPF_FUNC_map_lookup_elem
#define array_update_FUNC BPF_FUNC_map_update_elem
#define array_delete_FUNC BPF_FUNC_map_delete_elem
#define percpu_array_lookup_FUNC BPF_FUNC_map_lookup_elem
#define htab_lookup_raw_FUNC BPF_FUNC_map_lookup_elem
#define htab_lookup_FUNC BPF_FUNC_map_lookup_elem
#define htab_update_FUNC BPF_FUNC_map_update_elem
#define htab_delete_FUNC BPF_FUNC_map_delete_elem
#define percpu_htab_lookup_FUNC BPF_FUNC_map_lookup_elem
#define percpu_htab_update_FUNC BPF_FUNC_map_update_elem
#define map_lookup_FUNC BPF_FUNC_map_lookup_elem
#define map_update_FUNC BPF_FUNC_map_update_elem
#define map_delete_FUNC BPF_FUNC_map_delete_elem
#define spin_lock_FUNC BPF_FUNC_spin_lock
#define spin_unlock_FUNC BPF_FUNC_spin_unlock
#define loop_FUNC BPF_FUNC_loop
#define array_for_each_FUNC BPF_FUNC_for_each_map_elem
#define htab_for_each_FUNC BPF_FUNC_for_each_map_elem
#define map_for_each_FUNC BPF_FUNC_for_each_map_elem
#define ktime_get_ns_FUNC BPF_FUNC_ktime_get_ns
#define ktime_get_boot_ns_FUNC BPF_FUNC_ktime_get_boot_ns
#define ktime_get_coarse_ns_FUNC BPF_FUNC_ktime_get_coarse_ns
#define get_smp_processor_id_FUNC BPF_FUNC_get_smp_processor_id
#define get_raw_cpu_id_FUNC BPF_FUNC_get_smp_processor_id
#define get_numa_node_id_FUNC BPF_FUNC_get_numa_node_id
#define get_prandom_u32_FUNC BPF_FUNC_get_prandom_u32
#define csum_diff_FUNC BPF_FUNC_csum_diff
#define xdp_adjust_head_FUNC BPF_FUNC_xdp_adjust_head
#define xdp_adjust_tail_FUNC BPF_FUNC_xdp_adjust_tail
#define xdp_adjust_meta_FUNC BPF_FUNC_xdp_adjust_meta
#define xdp_redirect_FUNC BPF_FUNC_redirect
#define percpu_array_lookup_cpu_FUNC BPF_FUNC_map_lookup_percpu_elem
#define percpu_htab_lookup_cpu_FUNC BPF_FUNC_map_lookup_percpu_elem
#define lru_lookup_FUNC BPF_FUNC_map_lookup_elem
#define lru_update_FUNC BPF_FUNC_map_update_elem
#define lru_delete_FUNC BPF_FUNC_map_delete_elem
#define percpu_lru_lookup_FUNC BPF_FUNC_map_lookup_elem
#define percpu_lru_update_FUNC BPF_FUNC_map_update_elem
#define map_lookup_cpu_FUNC BPF_FUNC_map_lookup_percpu_elem
#define percpu_lru_lookup_cpu_FUNC BPF_FUNC_map_lookup_percpu_elem
#define trie_lookup_FUNC BPF_FUNC_map_lookup_elem
#define trie_update_FUNC BPF_FUNC_map_update_elem
#define trie_delete_FUNC BPF_FUNC_map_delete_elem
#define devmap_lookup_FUNC BPF_FUNC_map_lookup_elem
#define devmap_hash_lookup_FUNC BPF_FUNC_map_lookup_elem
#define queue_push_FUNC BPF_FUNC_map_push_elem
#define queue_pop_FUNC BPF_FUNC_map_pop_elem
#define queue_peek_FUNC BPF_FUNC_map_peek_elem
#define stack_pop_FUNC BPF_FUNC_map_pop_elem
#define stack_peek_FUNC BPF_FUNC_map_peek_elem
#define bloom_push_FUNC BPF_FUNC_map_push_elem
#define bloom_peek_FUNC BPF_FUNC_map_peek_elem
#define map_push_FUNC BPF_FUNC_map_push_elem
#define map_pop_FUNC BPF_FUNC_map_pop_elem
#define map_peek_FUNC BPF_FUNC_map_peek_elem
#define devmap_redirect_FUNC BPF_FUNC_redirect_map
#define devmap_hash_redirect_FUNC BPF_FUNC_redirect_map
#define cpumap_redirect_FUNC BPF_FUNC_redirect_map
#define xdp_redirect_map_FUNC BPF_FUNC_redirect_map
#define skb_load_bytes_FUNC BPF_FUNC_skb_load_bytes
#define skb_load_bytes_relative_FUNC BPF_FUNC_skb_load_bytes_relative
#define get_socket_uid_FUNC BPF_FUNC_get_socket_uid
#define skb_store_bytes_FUNC BPF_FUNC_skb_store_bytes
#define l3_csum_replace_FUNC BPF_FUNC_l3_csum_replace
#define l4_csum_replace_FUNC BPF_FUNC_l4_csum_replace
#define csum_update_FUNC BPF_FUNC_csum_update
#define csum_level_FUNC BPF_FUNC_csum_level
#define get_hash_recalc_FUNC BPF_FUNC_get_hash_recalc
#define set_hash_FUNC BPF_FUNC_set_hash
#define set_hash_invalid_FUNC BPF_FUNC_set_hash_invalid
#define skb_pull_data_FUNC BPF_FUNC_skb_pull_data
#define skb_change_type_FUNC BPF_FUNC_skb_change_type
#define skb_ecn_set_ce_FUNC BPF_FUNC_skb_ecn_set_ce
#define skb_set_tstamp_FUNC BPF_FUNC_skb_set_tstamp
#define get_cgroup_classid_FUNC BPF_FUNC_get_cgroup_classid
#define skb_cgroup_classid_FUNC BPF_FUNC_skb_cgroup_classid
#define get_route_realm_FUNC BPF_FUNC_get_route_realm
#define skb_vlan_push_FUNC BPF_FUNC_skb_vlan_push
#define skb_vlan_pop_FUNC BPF_FUNC_skb_vlan_pop
#define skb_change_proto_FUNC BPF_FUNC_skb_change_proto
#define skb_adjust_room_FUNC BPF_FUNC_skb_adjust_room
#define skb_change_tail_FUNC BPF_FUNC_skb_change_tail
#define skb_change_head_FUNC BPF_FUNC_skb_change_head
#define redirect_FUNC BPF_FUNC_redirect
#define redirect_peer_FUNC BPF_FUNC_redirect_peer
#define redirect_neigh_FUNC BPF_FUNC_redirect_neigh
#define clone_redirect_FUNC BPF_FUNC_clone_redirect
#define skb_load_8_FUNC VOUCH_OBJECT_LOAD_8
#define skb_load_16_FUNC VOUCH_OBJECT_LOAD_16
#define skb_load_32_FUNC VOUCH_OBJECT_LOAD_32
#define skb_get_tunnel_key_FUNC BPF_FUNC_skb_get_tunnel_key
#define skb_set_tunnel_key_FUNC BPF_FUNC_skb_set_tunnel_key
#define skb_get_tunnel_opt_FUNC BPF_FUNC_skb_get_tunnel_opt
#define skb_set_tunnel_opt_FUNC BPF_FUNC_skb_set_tunnel_opt
#define tc_skc_lookup_tcp_FUNC BPF_FUNC_skc_lookup_tcp
#define tc_sk_lookup_tcp_FUNC BPF_FUNC_sk_lookup_tcp
#define tc_sk_lookup_udp_FUNC BPF_FUNC_sk_lookup_udp
#define xdp_skc_lookup_tcp_FUNC BPF_FUNC_skc_lookup_tcp
#define xdp_sk_lookup_tcp_FUNC BPF_FUNC_sk_lookup_tcp
#define xdp_sk_lookup_udp_FUNC BPF_FUNC_sk_lookup_udp
#define sk_release_FUNC BPF_FUNC_sk_release
#define sk_fullsock_FUNC BPF_FUNC_sk_fullsock
#define tcp_sock_FUNC BPF_FUNC_tcp_sock
#define get_listener_sock_FUNC BPF_FUNC_get_listener_sock
#define sk_assign_FUNC BPF_FUNC_sk_assign
#define tcp_raw_gen_syncookie_ipv4_FUNC BPF_FUNC_tcp_raw_gen_syncookie_ipv4
#define tcp_raw_gen_syncookie_ipv6_FUNC BPF_FUNC_tcp_raw_gen_syncookie_ipv6
#define tcp_raw_check_syncookie_ipv4_FUNC BPF_FUNC_tcp_raw_check_syncookie_ipv4
#define tcp_raw_check_syncookie_ipv6_FUNC BPF_FUNC_tcp_raw_check_syncookie_ipv6
#define xdp_get_buff_len_FUNC BPF_FUNC_xdp_get_buff_len
#define xdp_load_bytes_FUNC BPF_FUNC_xdp_load_bytes
#define xdp_store_bytes_FUNC BPF_FUNC_xdp_store_bytes
#define xdp_check_mtu_FUNC BPF_FUNC_check_mtu
#define skb_check_mtu_FUNC BPF_FUNC_check_mtu
#define xdp_fib_lookup_FUNC BPF_FUNC_fib_lookup
#define skb_fib_lookup_FUNC BPF_FUNC_fib_lookup
#define probe_read_kernel_FUNC BPF_FUNC_probe_read_kernel
#define probe_read_kernel_str_FUNC BPF_FUNC_probe_read_kernel_str
#define probe_read_user_FUNC BPF_FUNC_probe_read_user
#define probe_read_user_str_FUNC BPF_FUNC_probe_read_user_str
#define probe_read_compat_FUNC BPF_FUNC_probe_read
#define probe_read_compat_str_FUNC BPF_FUNC_probe_read_str
#define get_current_pid_tgid_FUNC BPF_FUNC_get_current_pid_tgid
#define get_current_uid_gid_FUNC BPF_FUNC_get_current_uid_gid
#define get_current_comm_FUNC BPF_FUNC_get_current_comm
#define get_current_task_FUNC BPF_FUNC_get_current_task
#define get_current_task_btf_FUNC BPF_FUNC_get_current_task_btf
#define task_pt_regs_FUNC BPF_FUNC_task_pt_regs
#define get_current_cgroup_id_FUNC BPF_FUNC_get_current_cgroup_id
#define get_current_ancestor_cgroup_id_FUNC \
	BPF_FUNC_get_current_ancestor_cgroup_id
#define get_ns_current_pid_tgid_FUNC BPF_FUNC_get_ns_current_pid_tgid
#define send_signal_FUNC BPF_FUNC_send_signal
#define send_signal_thread_FUNC BPF_FUNC_send_signal_thread
#define ringbuf_output_FUNC BPF_FUNC_ringbuf_output
#define ringbuf_reserve_FUNC BPF_FUNC_ringbuf_reserve
#define ringbuf_submit_FUNC BPF_FUNC_ringbuf_submit
#define ringbuf_discard_FUNC BPF_FUNC_ringbuf_discard
#define ringbuf_query_FUNC BPF_FUNC_ringbuf_query
#define xdp_event_output_FUNC BPF_FUNC_perf_event_output
#define skb_event_output_FUNC BPF_FUNC_perf_event_output
#define perf_event_output_FUNC BPF_FUNC_perf_event_output
#define perf_event_output_tp_FUNC BPF_FUNC_perf_event_output
#define perf_event_output_raw_tp_FUNC BPF_FUNC_perf_event_output
#define get_stackid_FUNC BPF_FUNC_get_stackid
#define get_stackid_tp_FUNC BPF_FUNC_get_stackid
#define get_stackid_raw_tp_FUNC BPF_FUNC_get_stackid
#define get_stack_FUNC BPF_FUNC_get_stack
#define get_stack_tp_FUNC BPF_FUNC_get_stack
#define get_stack_raw_tp_FUNC BPF_FUNC_get_stack
#define trace_printk_FUNC BPF_FUNC_trace_printk
#define trace_vprintk_FUNC BPF_FUNC_trace_vprintk
#define snprintf_FUNC BPF_FUNC_snprintf
#define current_task_under_cgroup_FUNC BPF_FUNC_current_task_under_cgroup
#define get_func_ip_FUNC BPF_FUNC_get_func_ip
#define get_attach_cookie_trace_FUNC BPF_FUNC_get_attach_cookie
#define get_attach_cookie_pe_FUNC BPF_FUNC_get_attach_cookie
#define ktime_get_tai_ns_FUNC BPF_FUNC_ktime_get_tai_ns
#define strtol_FUNC BPF_FUNC_strtol
#define strtoul_FUNC BPF_FUNC_strtoul
#define strncmp_FUNC BPF_FUNC_strncmp

#define HELPER(kernel, name, gpl) \
	{ #kernel, VOUCH_EXPORT_PREFIX #name, gpl, name##_FUNC },

const struct vouch_helper vouch_helpers[] = { VOUCH_HELPERS(HELPER) };
const u32 vouch_n_helpers = sizeof(vouch_helpers) / sizeof(vouch_helpers[0]);

int vouch_helper_by_kernel(const char *symbol)
{
	u32 i;

	for (i = 0; i < vouch_n_helpers; i++)
		if (!strcmp(vouch_helpers[i].kernel, symbol))
			return (int)i;
	return -ENOENT;
}

int vouch_helper_by_import(const char *symbol)
{
	u32 i;

	for (i = 0; i < vouch_n_helpers; i++)
		if (!strcmp(vouch_helpers[i].import, symbol))
			return (int)i;
	return -ENOENT;
}

const char *vouch_helper_unfit(u32 helper, u32 prog_type, const char *license)
{
	const struct vouch_helper *h = &vouch_helpers[helper];

	if (h->gpl && !strcmp(license, "Proprietary"))
		return "which is for programs with a licence compatible with "
		       "the GPL";
	/* In an NMI, say; the verifier knows of the other types of tracing. */
	if (h->func == BPF_FUNC_spin_lock && prog_type == BPF_PROG_TYPE_TRACING)
		return "but a program of type tracing may interrupt who holds "
		       "the lock, and wait for ever; take locks in programs of "
		       "other types";
	return NULL;
}
