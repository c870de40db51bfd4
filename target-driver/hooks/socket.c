// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook "socket:IFNAME": programs that filter what a packet socket on an
 * interface gets. The socket is vouch_target's own and nobody reads from it:
 * what a program lets through is thrown away.
 */

#include <linux/bpf.h>
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "hooks/kind.h"
#include "hooks/prog.h"

struct attachment {
	struct vouch_attachment base;
	struct socket *sock;
	struct sk_filter *filter; /* of the socket */
	struct bpf_prog *prog;
};

static struct attachment *of(struct vouch_attachment *a)
{
	return container_of(a, struct attachment, base);
}

static bool takes(const struct vouch_req_prog *p)
{
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_SOCKET_FILTER;
}

static int find(struct vouch_attachment *a, struct vouch_reason *why)
{
	return vouch_kind_find_dev(a, strlen(a->place), why);
}

/* Under the RCU read lock of the packet socket. */
static vouch_untraced unsigned int run(const void *ctx,
				       const struct bpf_insn *insn)
{
	const struct vouch_attachment *a = vouch_prog_data(insn);

	return vouch_runner_run(rcu_dereference(a->runner), ctx);
}

static void discard(struct sock *sk)
{
	skb_queue_purge(&sk->sk_receive_queue);
}

/* As setsockopt() with SO_ATTACH_BPF, which a kernel without BPF has not. */
static int set_filter(struct attachment *a)
{
	struct sock *sk = a->sock->sk;

	a->filter = kzalloc(sizeof(*a->filter), GFP_KERNEL);
	if (!a->filter)
		return -ENOMEM;
	a->filter->prog = a->prog;
	refcount_set(&a->filter->refcnt, 1);
	lock_sock(sk);
	sk->sk_data_ready = discard;
	rcu_assign_pointer(sk->sk_filter, a->filter);
	release_sock(sk);
	return 0;
}

/* Before the socket goes, so that the kernel does not free it. */
static void clear_filter(struct sock *sk)
{
	lock_sock(sk);
	RCU_INIT_POINTER(sk->sk_filter, NULL);
	release_sock(sk);
}

/* From here on packets come, so this is last. */
static int bind_to(struct attachment *a)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = a->base.dev->ifindex,
	};

	return kernel_bind(a->sock, (struct sockaddr *)&at, sizeof(at));
}

static void release(struct attachment *a)
{
	if (a->sock) {
		clear_filter(a->sock->sk);
		sock_release(a->sock);
	}
	synchronize_rcu();
	kfree(a->filter);
	if (a->prog)
		bpf_prog_free(a->prog);
}

static int open_socket(struct attachment *a)
{
	const struct vouch_runner *r = vouch_kind_runner(&a->base);
	int err;

	a->prog = vouch_prog_new(vouch_runner_prog(r), run, &a->base);
	if (!a->prog)
		return -ENOMEM;
	/* A program may use the control block, which is cleared for those. */
	a->prog->cb_access = 1;
	err = sock_create_kern(dev_net(a->base.dev), AF_PACKET, SOCK_RAW, 0,
			       &a->sock);
	if (!err)
		err = set_filter(a);
	return err ?: bind_to(a);
}

/*
 * A packet socket wants CAP_NET_RAW. Whoever opened the device may load
 * modules, which is more, and may have given up everything else.
 */
static int open_as_kernel(struct attachment *a)
{
	struct cred *cred = prepare_kernel_cred(NULL);
	const struct cred *former;
	int err;

	if (!cred)
		return -ENOMEM;
	former = override_creds(cred);
	err = open_socket(a);
	revert_creds(former);
	put_cred(cred);
	return err;
}

static int attach(struct vouch_attachment *base, struct vouch_reason *why)
{
	int err = open_as_kernel(of(base));

	if (!err)
		return 0;
	release(of(base));
	return vouch_refuse(
		why, err,
		"hook socket:%s: no packet socket is to be had there (%d)",
		base->dev->name, err);
}

static int detach(struct vouch_attachment *base, struct vouch_reason *why)
{
	release(of(base));
	return 0;
}

const struct vouch_hook_kind vouch_socket_kind = {
	.prefix = "socket",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find,
	.attach = attach,
	.detach = detach,
	.drain = synchronize_rcu,
};
