/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call targets that images may import.
 *
 * VOUCH_HELPERS(X) calls X(kernel, name, gpl) for each:
 *
 *	kernel	the symbol that the JIT calls in the verifier kernel, as
 *		sprint_symbol() names it
 *	name	what vouch_target exports is vouch_bpf_<name>
 *	gpl	1: EXPORT_SYMBOL_GPL, as the helper's gpl_only says; 0: not
 *
 * The bridge links a call by this table, vouch_target defines each of them
 * that its kernel allows (target-driver/offer.h), and a test compares each with
 * the kernel's own. What is not listed here is refused by the symbol's name.
 */
#ifndef VOUCH_HELPERS_H
#define VOUCH_HELPERS_H

/* What needs nothing of the target's configuration. */
#define VOUCH_HELPERS_CORE(X)                                              \
	/* map operations that the verifier puts in a helper's place */    \
	X(array_map_lookup_elem, array_lookup, 0)                          \
	X(array_map_update_elem, array_update, 0)                          \
	X(array_map_delete_elem, array_delete, 0)                          \
	X(percpu_array_map_lookup_elem, percpu_array_lookup, 0)            \
	X(__htab_map_lookup_elem, htab_lookup_raw, 0)                      \
	X(htab_map_lookup_elem, htab_lookup, 0)                            \
	X(htab_map_update_elem, htab_update, 0)                            \
	X(htab_map_delete_elem, htab_delete, 0)                            \
	X(htab_percpu_map_lookup_elem, percpu_htab_lookup, 0)              \
	X(htab_percpu_map_update_elem, percpu_htab_update, 0)              \
	X(percpu_array_map_lookup_percpu_elem, percpu_array_lookup_cpu, 0) \
	X(htab_percpu_map_lookup_percpu_elem, percpu_htab_lookup_cpu, 0)   \
	/* the same through the generic helper */                          \
	X(bpf_map_lookup_elem, map_lookup, 0)                              \
	X(bpf_map_lookup_percpu_elem, map_lookup_cpu, 0)                   \
	X(bpf_map_update_elem, map_update, 0)                              \
	X(bpf_map_delete_elem, map_delete, 0)                              \
	/* locks of values */                                              \
	X(bpf_spin_lock, spin_lock, 0)                                     \
	X(bpf_spin_unlock, spin_unlock, 0)                                 \
	/* callbacks */                                                    \
	X(bpf_loop, loop, 0)                                               \
	X(bpf_for_each_array_elem, array_for_each, 0)                      \
	X(bpf_for_each_hash_elem, htab_for_each, 0)                        \
	X(bpf_for_each_map_elem, map_for_each, 0)                          \
	/* time and place */                                               \
	X(bpf_ktime_get_ns, ktime_get_ns, 0)                               \
	X(bpf_ktime_get_boot_ns, ktime_get_boot_ns, 0)                     \
	X(bpf_ktime_get_coarse_ns, ktime_get_coarse_ns, 0)                 \
	X(bpf_get_smp_processor_id, get_smp_processor_id, 0)               \
	X(bpf_get_raw_cpu_id, get_raw_cpu_id, 0) /* of socket filters */   \
	X(bpf_get_numa_node_id, get_numa_node_id, 0)                       \
	X(bpf_user_rnd_u32, get_prandom_u32, 0)                            \
	X(bpf_ktime_get_tai_ns, ktime_get_tai_ns, 0)                       \
	/* strings */                                                      \
	X(bpf_strtol, strtol, 0)                                           \
	X(bpf_strtoul, strtoul, 0)                                         \
	X(bpf_strncmp, strncmp, 0)                                         \
	/* packets */                                                      \
	X(bpf_csum_diff, csum_diff, 0)                                     \
	X(bpf_xdp_get_buff_len, xdp_get_buff_len, 0)                       \
	X(bpf_xdp_load_bytes, xdp_load_bytes, 0)                           \
	X(bpf_xdp_store_bytes, xdp_store_bytes, 0)                         \
	X(bpf_xdp_check_mtu, xdp_check_mtu, 1)                             \
	X(bpf_xdp_adjust_head, xdp_adjust_head, 0)                         \
	X(bpf_xdp_adjust_tail, xdp_adjust_tail, 0)                         \
	X(bpf_xdp_adjust_meta, xdp_adjust_meta, 0)

/* Maps that drop what is not in use. */
#define VOUCH_HELPERS_LRU(X)                                     \
	X(htab_lru_map_lookup_elem, lru_lookup, 0)               \
	X(htab_lru_map_update_elem, lru_update, 0)               \
	X(htab_lru_map_delete_elem, lru_delete, 0)               \
	X(htab_lru_percpu_map_lookup_elem, percpu_lru_lookup, 0) \
	X(htab_lru_percpu_map_update_elem, percpu_lru_update, 0) \
	X(htab_lru_percpu_map_lookup_percpu_elem, percpu_lru_lookup_cpu, 0)

/* Queues and stacks. */
#define VOUCH_HELPERS_QUEUE(X)                      \
	X(queue_stack_map_push_elem, queue_push, 0) \
	X(queue_map_pop_elem, queue_pop, 0)         \
	X(queue_map_peek_elem, queue_peek, 0)       \
	X(stack_map_pop_elem, stack_pop, 0)         \
	X(stack_map_peek_elem, stack_peek, 0)       \
	X(bpf_map_push_elem, map_push, 0)           \
	X(bpf_map_pop_elem, map_pop, 0)             \
	X(bpf_map_peek_elem, map_peek, 0)

/* Bloom filters. */
#define VOUCH_HELPERS_BLOOM(X)                \
	X(bloom_map_push_elem, bloom_push, 0) \
	X(bloom_map_peek_elem, bloom_peek, 0)

/* Tries of prefixes. */
#define VOUCH_HELPERS_TRIE(X)               \
	X(trie_lookup_elem, trie_lookup, 0) \
	X(trie_update_elem, trie_update, 0) \
	X(trie_delete_elem, trie_delete, 0)

/* XDP's redirection, and maps of interfaces and CPUs. */
#define VOUCH_HELPERS_REDIRECT(X)                          \
	X(bpf_xdp_redirect, xdp_redirect, 0)               \
	X(dev_map_lookup_elem, devmap_lookup, 0)           \
	X(dev_map_hash_lookup_elem, devmap_hash_lookup, 0) \
	X(dev_map_redirect, devmap_redirect, 0)            \
	X(dev_hash_map_redirect, devmap_hash_redirect, 0)  \
	X(cpu_map_redirect, cpumap_redirect, 0)            \
	X(bpf_xdp_redirect_map, xdp_redirect_map, 0)

/* Routes: of frames, and of packets in a struct sk_buff. */
#define VOUCH_HELPERS_FIB(X) X(bpf_xdp_fib_lookup, xdp_fib_lookup, 1)
#define VOUCH_HELPERS_SKB_FIB(X) X(bpf_skb_fib_lookup, skb_fib_lookup, 1)

/* Records for user space. */
#define VOUCH_HELPERS_RINGS(X)                       \
	X(bpf_ringbuf_output, ringbuf_output, 0)     \
	X(bpf_ringbuf_reserve, ringbuf_reserve, 0)   \
	X(bpf_ringbuf_submit, ringbuf_submit, 0)     \
	X(bpf_ringbuf_discard, ringbuf_discard, 0)   \
	X(bpf_ringbuf_query, ringbuf_query, 0)       \
	X(bpf_xdp_event_output, xdp_event_output, 1) \
	X(bpf_skb_event_output, skb_event_output, 1)

/* Packets in a struct sk_buff. */
#define VOUCH_HELPERS_SKB(X)                                       \
	X(bpf_skb_load_bytes, skb_load_bytes, 0)                   \
	X(bpf_skb_load_bytes_relative, skb_load_bytes_relative, 0) \
	X(bpf_skb_check_mtu, skb_check_mtu, 1)                     \
	X(bpf_get_socket_uid, get_socket_uid, 0)                   \
	X(bpf_skb_store_bytes, skb_store_bytes, 0)                 \
	X(bpf_l3_csum_replace, l3_csum_replace, 0)                 \
	X(bpf_l4_csum_replace, l4_csum_replace, 0)                 \
	X(bpf_csum_update, csum_update, 0)                         \
	X(bpf_csum_level, csum_level, 0)                           \
	X(bpf_get_hash_recalc, get_hash_recalc, 0)                 \
	X(bpf_set_hash, set_hash, 0)                               \
	X(bpf_set_hash_invalid, set_hash_invalid, 0)               \
	X(bpf_skb_pull_data, skb_pull_data, 0)                     \
	X(bpf_skb_change_type, skb_change_type, 0)                 \
	X(bpf_skb_ecn_set_ce, skb_ecn_set_ce, 0)                   \
	X(bpf_skb_set_tstamp, skb_set_tstamp, 0)                   \
	X(bpf_get_cgroup_classid, get_cgroup_classid, 0)           \
	X(bpf_get_route_realm, get_route_realm, 0)                 \
	X(bpf_skb_vlan_push, skb_vlan_push, 0)                     \
	X(bpf_skb_vlan_pop, skb_vlan_pop, 0)                       \
	X(bpf_skb_change_proto, skb_change_proto, 0)               \
	X(bpf_skb_adjust_room, skb_adjust_room, 0)                 \
	X(bpf_skb_change_tail, skb_change_tail, 0)                 \
	X(bpf_skb_change_head, skb_change_head, 0)                 \
	X(bpf_redirect, redirect, 0)                               \
	X(bpf_redirect_peer, redirect_peer, 0)                     \
	X(bpf_redirect_neigh, redirect_neigh, 0)                   \
	X(bpf_clone_redirect, clone_redirect, 0)                   \
	/* what LD_ABS and LD_IND become */                        \
	X(bpf_skb_load_helper_8_no_cache, skb_load_8, 0)           \
	X(bpf_skb_load_helper_16_no_cache, skb_load_16, 0)         \
	X(bpf_skb_load_helper_32_no_cache, skb_load_32, 0)         \
	/* the ends of tunnels */                                  \
	X(bpf_skb_get_tunnel_key, skb_get_tunnel_key, 0)           \
	X(bpf_skb_set_tunnel_key, skb_set_tunnel_key, 0)           \
	X(bpf_skb_get_tunnel_opt, skb_get_tunnel_opt, 0)           \
	X(bpf_skb_set_tunnel_opt, skb_set_tunnel_opt, 0)

/* Packets: where CGROUP_NET_CLASSID is set. */
#define VOUCH_HELPERS_CLASSID(X) \
	X(bpf_skb_cgroup_classid, skb_cgroup_classid, 0)

/* Sockets, of packets and frames: where INET is set. */
#define VOUCH_HELPERS_SOCKETS(X)                         \
	X(bpf_tc_skc_lookup_tcp, tc_skc_lookup_tcp, 0)   \
	X(bpf_tc_sk_lookup_tcp, tc_sk_lookup_tcp, 0)     \
	X(bpf_tc_sk_lookup_udp, tc_sk_lookup_udp, 0)     \
	X(bpf_xdp_skc_lookup_tcp, xdp_skc_lookup_tcp, 0) \
	X(bpf_xdp_sk_lookup_tcp, xdp_sk_lookup_tcp, 0)   \
	X(bpf_xdp_sk_lookup_udp, xdp_sk_lookup_udp, 0)   \
	X(bpf_sk_release, sk_release, 0)                 \
	X(bpf_sk_fullsock, sk_fullsock, 0)               \
	X(bpf_tcp_sock, tcp_sock, 0)                     \
	X(bpf_get_listener_sock, get_listener_sock, 0)   \
	X(bpf_sk_assign, sk_assign, 0)

/* SYN cookies of packets and frames: where SYN_COOKIES is set. */
#define VOUCH_HELPERS_SYNCOOKIES(X)                                          \
	X(bpf_tcp_raw_gen_syncookie_ipv4, tcp_raw_gen_syncookie_ipv4, 1)     \
	X(bpf_tcp_raw_gen_syncookie_ipv6, tcp_raw_gen_syncookie_ipv6, 1)     \
	X(bpf_tcp_raw_check_syncookie_ipv4, tcp_raw_check_syncookie_ipv4, 1) \
	X(bpf_tcp_raw_check_syncookie_ipv6, tcp_raw_check_syncookie_ipv6, 1)

/* Tracing: memory that may not be there, and who runs. */
#define VOUCH_HELPERS_TRACING(X)                               \
	X(bpf_probe_read_kernel, probe_read_kernel, 1)         \
	X(bpf_probe_read_kernel_str, probe_read_kernel_str, 1) \
	X(bpf_probe_read_user, probe_read_user, 1)             \
	X(bpf_probe_read_user_str, probe_read_user_str, 1)     \
	X(bpf_probe_read_compat, probe_read_compat, 1)         \
	X(bpf_probe_read_compat_str, probe_read_compat_str, 1) \
	X(bpf_get_current_pid_tgid, get_current_pid_tgid, 0)   \
	X(bpf_get_current_uid_gid, get_current_uid_gid, 0)     \
	X(bpf_get_current_comm, get_current_comm, 0)           \
	X(bpf_get_current_task, get_current_task, 1)           \
	X(bpf_get_current_task_btf, get_current_task_btf, 1)   \
	X(bpf_task_pt_regs, task_pt_regs, 1)                   \
	X(bpf_get_stackid, get_stackid, 1)                     \
	X(bpf_get_stackid_tp, get_stackid_tp, 1)               \
	X(bpf_get_stack, get_stack, 1)                         \
	X(bpf_get_stack_tp, get_stack_tp, 1)                   \
	X(bpf_trace_printk, trace_printk, 1)                   \
	X(bpf_trace_vprintk, trace_vprintk, 1)                 \
	X(bpf_snprintf, snprintf, 1)                           \
	X(bpf_get_attach_cookie_trace, get_attach_cookie_trace, 0)

/* Tracing: records for user space. */
#define VOUCH_HELPERS_OUTPUT(X)                              \
	X(bpf_perf_event_output, perf_event_output, 1)       \
	X(bpf_perf_event_output_tp, perf_event_output_tp, 1) \
	X(bpf_perf_event_output_raw_tp, perf_event_output_raw_tp, 1)

/* Tracing: where KPROBES is set. */
#define VOUCH_HELPERS_KPROBES(X) X(bpf_get_func_ip_kprobe, get_func_ip, 1)

/* Tracing: where PERF_EVENTS is set. */
#define VOUCH_HELPERS_PERF(X)                            \
	X(bpf_get_stackid_raw_tp, get_stackid_raw_tp, 1) \
	X(bpf_get_stack_raw_tp, get_stack_raw_tp, 1)     \
	X(bpf_get_attach_cookie_pe, get_attach_cookie_pe, 0)

/* Tracing: where CGROUPS is set. */
#define VOUCH_HELPERS_CGROUPS(X)                                              \
	X(bpf_get_current_cgroup_id, get_current_cgroup_id, 0)                \
	X(bpf_get_current_ancestor_cgroup_id, get_current_ancestor_cgroup_id, \
	  0)                                                                  \
	X(bpf_current_task_under_cgroup, current_task_under_cgroup, 0)

/* Tracing: signals to who runs, where IRQ_WORK is set. */
#define VOUCH_HELPERS_SIGNALS(X)           \
	X(bpf_send_signal, send_signal, 0) \
	X(bpf_send_signal_thread, send_signal_thread, 0)

/* Tracing: who runs, by PID namespace, where PROC_FS is set. */
#define VOUCH_HELPERS_NAMESPACES(X) \
	X(bpf_get_ns_current_pid_tgid, get_ns_current_pid_tgid, 0)

#define VOUCH_HELPERS(X)            \
	VOUCH_HELPERS_CORE(X)       \
	VOUCH_HELPERS_LRU(X)        \
	VOUCH_HELPERS_QUEUE(X)      \
	VOUCH_HELPERS_BLOOM(X)      \
	VOUCH_HELPERS_TRIE(X)       \
	VOUCH_HELPERS_REDIRECT(X)   \
	VOUCH_HELPERS_FIB(X)        \
	VOUCH_HELPERS_RINGS(X)      \
	VOUCH_HELPERS_SKB(X)        \
	VOUCH_HELPERS_SKB_FIB(X)    \
	VOUCH_HELPERS_CLASSID(X)    \
	VOUCH_HELPERS_SOCKETS(X)    \
	VOUCH_HELPERS_SYNCOOKIES(X) \
	VOUCH_HELPERS_TRACING(X)    \
	VOUCH_HELPERS_OUTPUT(X)     \
	VOUCH_HELPERS_KPROBES(X)    \
	VOUCH_HELPERS_PERF(X)       \
	VOUCH_HELPERS_CGROUPS(X)    \
	VOUCH_HELPERS_SIGNALS(X)    \
	VOUCH_HELPERS_NAMESPACES(X)

#endif /* VOUCH_HELPERS_H */
