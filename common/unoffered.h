/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why vouch_target does not offer a helper, a type of map or a type of program.
 *
 * Each X(name, reason) has the name as in Linux 6.1's linux/bpf.h, in small
 * letters, and what follows "does not offer it: " in a refusal.
 * docs/helpers.md is made of these lists, of helpers.h and of
 * target-driver/offer.h: what is offered there is not listed here, everything
 * else is. "Refused" is what vouch_target could have, "none" what a kernel
 * without BPF cannot have.
 */
#ifndef VOUCH_UNOFFERED_H
#define VOUCH_UNOFFERED_H

#define VOUCH_WHY_UNWRITTEN "vouch_target has no such code yet"
#define VOUCH_WHY_CGROUP \
	"a kernel without BPF has no hooks in cgroups (CGROUP_BPF)"
#define VOUCH_WHY_SOCKMAP \
	"a kernel without BPF has no sockets that follow a sockmap (sk_psock)"
#define VOUCH_WHY_STORAGE \
	"a kernel without BPF has no pointer to BPF storage in this structure"
#define VOUCH_WHY_STRUCT_OPS \
	"a kernel without BPF has no operations that programs implement"
#define VOUCH_WHY_LSM "a kernel without BPF has no hooks for BPF_LSM"
#define VOUCH_WHY_LIRC "a kernel without BPF has no LIRC hook (BPF_LIRC_MODE2)"
#define VOUCH_WHY_LWT \
	"routes take programs by file descriptors of bpf(2), which is not there"
#define VOUCH_WHY_SYSCALL \
	"it works on bpf(2), which a kernel without BPF does not have"
#define VOUCH_WHY_ITER \
	"a kernel without BPF has no BPF iterators, the only ones to print so"
#define VOUCH_WHY_NETNS \
	"a kernel without BPF attaches nothing to network namespaces"
#define VOUCH_WHY_REUSEPORT \
	"sockets take programs by file descriptors of bpf(2), which is not there"
#define VOUCH_WHY_BTF \
	"it reads the kernel's own BTF, which needs DEBUG_INFO_BTF and so BPF"
#define VOUCH_WHY_KTYPE \
	"its result has the layout of another kernel's structure, which cannot be followed through this helper"
#define VOUCH_WHY_COOKIE \
	"what numbers sockets' cookies is not exported to modules"
#define VOUCH_WHY_SYNCOOKIE \
	"what makes SYN cookies for a socket is not exported to modules"
#define VOUCH_WHY_XFRM "it reads what belongs to the target's XFRM alone"
#define VOUCH_WHY_WRITE "it writes to memory of processes behind their backs"
#define VOUCH_WHY_SLEEP \
	"only sleepable programs may call it, for which there is no hook"
#define VOUCH_WHY_FENTRY \
	"it needs a BPF trampoline, which a kernel without BPF does not have"
#define VOUCH_WHY_OVERRIDE \
	"it changes what a kernel function returns, which this hook does not do"
#define VOUCH_WHY_BRANCH "what reads branch records is not exported to modules"
#define VOUCH_WHY_SAMPLE "no hook has samples with branch records"
#define VOUCH_WHY_TIMER \
	"the JIT puts the address of the verifier kernel's program into the code"
#define VOUCH_WHY_COUNTER \
	"what reads a perf event's counter at once is not exported to modules"
#define VOUCH_WHY_KPTR \
	"pointers to objects of the verifier kernel's types cannot be kept in maps"
#define VOUCH_WHY_DYNPTR \
	"the verifier of Linux 6.1 lets programs forge a dynptr, and so read and write anywhere"
#define VOUCH_WHY_KSYM \
	"the address of a variable of the verifier kernel cannot be linked"

#define VOUCH_HELPERS_REFUSED(X)                       \
	X(perf_event_read, VOUCH_WHY_COUNTER)          \
	X(probe_write_user, VOUCH_WHY_WRITE)           \
	X(get_socket_cookie, VOUCH_WHY_COOKIE)         \
	X(perf_event_read_value, VOUCH_WHY_COUNTER)    \
	X(perf_prog_read_value, VOUCH_WHY_UNWRITTEN)   \
	X(override_return, VOUCH_WHY_OVERRIDE)         \
	X(skb_get_xfrm_state, VOUCH_WHY_XFRM)          \
	X(skb_cgroup_id, VOUCH_WHY_UNWRITTEN)          \
	X(skb_ancestor_cgroup_id, VOUCH_WHY_UNWRITTEN) \
	X(tcp_check_syncookie, VOUCH_WHY_UNWRITTEN)    \
	X(tcp_gen_syncookie, VOUCH_WHY_SYNCOOKIE)      \
	X(skb_output, VOUCH_WHY_UNWRITTEN)             \
	X(skb_under_cgroup, VOUCH_WHY_UNWRITTEN)       \
	X(jiffies64, VOUCH_WHY_KSYM)                   \
	X(read_branch_records, VOUCH_WHY_SAMPLE)       \
	X(xdp_output, VOUCH_WHY_UNWRITTEN)             \
	X(skc_to_tcp6_sock, VOUCH_WHY_KTYPE)           \
	X(skc_to_tcp_sock, VOUCH_WHY_KTYPE)            \
	X(skc_to_tcp_timewait_sock, VOUCH_WHY_KTYPE)   \
	X(skc_to_tcp_request_sock, VOUCH_WHY_KTYPE)    \
	X(skc_to_udp6_sock, VOUCH_WHY_KTYPE)           \
	X(get_task_stack, VOUCH_WHY_UNWRITTEN)         \
	X(d_path, VOUCH_WHY_UNWRITTEN)                 \
	X(copy_from_user, VOUCH_WHY_SLEEP)             \
	X(per_cpu_ptr, VOUCH_WHY_KSYM)                 \
	X(this_cpu_ptr, VOUCH_WHY_KSYM)                \
	X(sock_from_file, VOUCH_WHY_KTYPE)             \
	X(timer_init, VOUCH_WHY_TIMER)                 \
	X(timer_set_callback, VOUCH_WHY_TIMER)         \
	X(timer_start, VOUCH_WHY_TIMER)                \
	X(timer_cancel, VOUCH_WHY_TIMER)               \
	X(get_branch_snapshot, VOUCH_WHY_BRANCH)       \
	X(skc_to_unix_sock, VOUCH_WHY_KTYPE)           \
	X(find_vma, VOUCH_WHY_UNWRITTEN)               \
	X(get_func_arg, VOUCH_WHY_FENTRY)              \
	X(get_func_ret, VOUCH_WHY_FENTRY)              \
	X(get_func_arg_cnt, VOUCH_WHY_FENTRY)          \
	X(copy_from_user_task, VOUCH_WHY_SLEEP)        \
	X(kptr_xchg, VOUCH_WHY_KPTR)                   \
	X(skc_to_mptcp_sock, VOUCH_WHY_KTYPE)          \
	X(dynptr_from_mem, VOUCH_WHY_DYNPTR)           \
	X(ringbuf_reserve_dynptr, VOUCH_WHY_DYNPTR)    \
	X(ringbuf_submit_dynptr, VOUCH_WHY_DYNPTR)     \
	X(ringbuf_discard_dynptr, VOUCH_WHY_DYNPTR)    \
	X(dynptr_read, VOUCH_WHY_DYNPTR)               \
	X(dynptr_write, VOUCH_WHY_DYNPTR)              \
	X(dynptr_data, VOUCH_WHY_DYNPTR)               \
	X(user_ringbuf_drain, VOUCH_WHY_UNWRITTEN)

#define VOUCH_HELPERS_NONE(X)                         \
	X(setsockopt, VOUCH_WHY_CGROUP)               \
	X(getsockopt, VOUCH_WHY_CGROUP)               \
	X(sk_redirect_map, VOUCH_WHY_SOCKMAP)         \
	X(sock_map_update, VOUCH_WHY_SOCKMAP)         \
	X(sock_ops_cb_flags_set, VOUCH_WHY_CGROUP)    \
	X(msg_redirect_map, VOUCH_WHY_SOCKMAP)        \
	X(msg_apply_bytes, VOUCH_WHY_SOCKMAP)         \
	X(msg_cork_bytes, VOUCH_WHY_SOCKMAP)          \
	X(msg_pull_data, VOUCH_WHY_SOCKMAP)           \
	X(bind, VOUCH_WHY_CGROUP)                     \
	X(sock_hash_update, VOUCH_WHY_SOCKMAP)        \
	X(msg_redirect_hash, VOUCH_WHY_SOCKMAP)       \
	X(sk_redirect_hash, VOUCH_WHY_SOCKMAP)        \
	X(lwt_push_encap, VOUCH_WHY_LWT)              \
	X(lwt_seg6_store_bytes, VOUCH_WHY_LWT)        \
	X(lwt_seg6_adjust_srh, VOUCH_WHY_LWT)         \
	X(lwt_seg6_action, VOUCH_WHY_LWT)             \
	X(rc_repeat, VOUCH_WHY_LIRC)                  \
	X(rc_keydown, VOUCH_WHY_LIRC)                 \
	X(get_local_storage, VOUCH_WHY_CGROUP)        \
	X(sk_select_reuseport, VOUCH_WHY_REUSEPORT)   \
	X(msg_push_data, VOUCH_WHY_SOCKMAP)           \
	X(msg_pop_data, VOUCH_WHY_SOCKMAP)            \
	X(rc_pointer_rel, VOUCH_WHY_LIRC)             \
	X(sysctl_get_name, VOUCH_WHY_CGROUP)          \
	X(sysctl_get_current_value, VOUCH_WHY_CGROUP) \
	X(sysctl_get_new_value, VOUCH_WHY_CGROUP)     \
	X(sysctl_set_new_value, VOUCH_WHY_CGROUP)     \
	X(sk_storage_get, VOUCH_WHY_STORAGE)          \
	X(sk_storage_delete, VOUCH_WHY_STORAGE)       \
	X(tcp_send_ack, VOUCH_WHY_STRUCT_OPS)         \
	X(get_netns_cookie, VOUCH_WHY_CGROUP)         \
	X(seq_printf, VOUCH_WHY_ITER)                 \
	X(seq_write, VOUCH_WHY_ITER)                  \
	X(sk_cgroup_id, VOUCH_WHY_CGROUP)             \
	X(sk_ancestor_cgroup_id, VOUCH_WHY_CGROUP)    \
	X(load_hdr_opt, VOUCH_WHY_CGROUP)             \
	X(store_hdr_opt, VOUCH_WHY_CGROUP)            \
	X(reserve_hdr_opt, VOUCH_WHY_CGROUP)          \
	X(inode_storage_get, VOUCH_WHY_STORAGE)       \
	X(inode_storage_delete, VOUCH_WHY_STORAGE)    \
	X(snprintf_btf, VOUCH_WHY_BTF)                \
	X(seq_printf_btf, VOUCH_WHY_ITER)             \
	X(task_storage_get, VOUCH_WHY_STORAGE)        \
	X(task_storage_delete, VOUCH_WHY_STORAGE)     \
	X(bprm_opts_set, VOUCH_WHY_LSM)               \
	X(ima_inode_hash, VOUCH_WHY_LSM)              \
	X(sys_bpf, VOUCH_WHY_SYSCALL)                 \
	X(btf_find_by_name_kind, VOUCH_WHY_SYSCALL)   \
	X(sys_close, VOUCH_WHY_SYSCALL)               \
	X(kallsyms_lookup_name, VOUCH_WHY_SYSCALL)    \
	X(get_retval, VOUCH_WHY_CGROUP)               \
	X(set_retval, VOUCH_WHY_CGROUP)               \
	X(ima_file_hash, VOUCH_WHY_LSM)

#define VOUCH_MAP_TYPES_REFUSED(X) X(user_ringbuf, VOUCH_WHY_UNWRITTEN)

#define VOUCH_MAP_TYPES_NONE(X)                                          \
	X(sockmap, VOUCH_WHY_SOCKMAP)                                    \
	X(xskmap, "AF_XDP sockets (XDP_SOCKETS) need a kernel with BPF") \
	X(sockhash, VOUCH_WHY_SOCKMAP)                                   \
	X(cgroup_storage, VOUCH_WHY_CGROUP)                              \
	X(reuseport_sockarray, VOUCH_WHY_REUSEPORT)                      \
	X(percpu_cgroup_storage, VOUCH_WHY_CGROUP)                       \
	X(sk_storage, VOUCH_WHY_STORAGE)                                 \
	X(struct_ops, VOUCH_WHY_STRUCT_OPS)                              \
	X(inode_storage, VOUCH_WHY_STORAGE)                              \
	X(task_storage, VOUCH_WHY_STORAGE)

#define VOUCH_PROG_TYPES_REFUSED(X) \
	X(raw_tracepoint_writable, VOUCH_WHY_UNWRITTEN)

#define VOUCH_PROG_TYPES_NONE(X)              \
	X(cgroup_skb, VOUCH_WHY_CGROUP)       \
	X(cgroup_sock, VOUCH_WHY_CGROUP)      \
	X(lwt_in, VOUCH_WHY_LWT)              \
	X(lwt_out, VOUCH_WHY_LWT)             \
	X(lwt_xmit, VOUCH_WHY_LWT)            \
	X(sock_ops, VOUCH_WHY_CGROUP)         \
	X(sk_skb, VOUCH_WHY_SOCKMAP)          \
	X(cgroup_device, VOUCH_WHY_CGROUP)    \
	X(sk_msg, VOUCH_WHY_SOCKMAP)          \
	X(cgroup_sock_addr, VOUCH_WHY_CGROUP) \
	X(lwt_seg6local, VOUCH_WHY_LWT)       \
	X(lirc_mode2, VOUCH_WHY_LIRC)         \
	X(sk_reuseport, VOUCH_WHY_REUSEPORT)  \
	X(flow_dissector, VOUCH_WHY_NETNS)    \
	X(cgroup_sysctl, VOUCH_WHY_CGROUP)    \
	X(cgroup_sockopt, VOUCH_WHY_CGROUP)   \
	X(struct_ops, VOUCH_WHY_STRUCT_OPS)   \
	X(ext, VOUCH_WHY_FENTRY)              \
	X(lsm, VOUCH_WHY_LSM)                 \
	X(sk_lookup, VOUCH_WHY_NETNS)         \
	X(syscall, VOUCH_WHY_SYSCALL)

#endif /* VOUCH_UNOFFERED_H */
