// SPDX-License-Identifier: GPL-2.0-only

#include <linux/err.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "hooks/hook.h"
#include "hooks/kind.h"
#include "offer.h"

static const struct vouch_hook_kind *const kinds[] = {
#define KIND(name) &vouch_##name##_kind,
	VOUCH_HOOKS(KIND)
};

static LIST_HEAD(attachments);

/* Those that it has not let go of, so that they must never be freed. */
static LIST_HEAD(stuck);

int vouch_kind_find_dev(struct vouch_attachment *a, size_t len,
			struct vouch_reason *why)
{
	char name[IFNAMSIZ] = "";

	ASSERT_RTNL();
	if (len < sizeof(name)) {
		memcpy(name, a->place, len);
		a->dev = __dev_get_by_name(current->nsproxy->net_ns, name);
	}
	if (!a->dev)
		return vouch_refuse(
			why, -ENODEV,
			"interface %.*s: there is none of that name here",
			(int)min_t(size_t, len, IFNAMSIZ), a->place);
	memmove(a->place, a->place + len, strlen(a->place + len) + 1);
	return 0;
}

static void describe_hook(const struct vouch_attachment *a, char *text)
{
	snprintf(text, VOUCH_TARGET_HOOK_LEN, "%s:%s%s", a->kind->prefix,
		 a->dev ? a->dev->name : "", a->place);
}

static const struct vouch_hook_kind *find_kind(const char *hook)
{
	const char *colon = strchr(hook, ':');
	size_t i;

	for (i = 0; colon && i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]->prefix) == colon - hook &&
		    !strncmp(kinds[i]->prefix, hook, colon - hook))
			return kinds[i];
	return NULL;
}

/* The attachment that a text means, not in the list. */
static struct vouch_attachment *read_hook(const char *hook,
					  struct vouch_reason *why)
{
	const struct vouch_hook_kind *kind;
	struct vouch_attachment *a;
	int err;

	if (!vouch_name_ok(hook, VOUCH_TARGET_HOOK_LEN))
		return ERR_PTR(vouch_refuse(
			why, -EINVAL,
			"hook: the text is empty, unprintable or not NUL-padded"));
	kind = find_kind(hook);
	if (!kind)
		return ERR_PTR(vouch_refuse(
			why, -EOPNOTSUPP,
			"hook %.64s: this target has no hooks of that kind; see the target's profile",
			hook));
	a = kzalloc(kind->size, GFP_KERNEL);
	if (!a)
		return ERR_PTR(vouch_refuse(why, -ENOMEM,
					    "hook %.64s: out of memory", hook));
	a->kind = kind;
	strscpy(a->place, hook + strlen(kind->prefix) + 1, sizeof(a->place));
	err = kind->find(a, why);
	if (!err)
		return a;
	kfree(a);
	return ERR_PTR(err);
}

static bool same_place(const struct vouch_attachment *a,
		       const struct vouch_attachment *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind->same)
		return a->kind->same(a, b);
	return a->dev == b->dev && !strcmp(a->place, b->place);
}

static bool same_slot(const struct vouch_runner *a,
		      const struct vouch_loaded *l)
{
	return !memcmp(a->image->record.slot, l->record.slot,
		       sizeof(l->record.slot));
}

static bool same_name(const struct vouch_runner *a,
		      const struct vouch_loaded *l, u32 prog)
{
	return !memcmp(vouch_runner_prog(a)->name, l->req.progs[prog].name,
		       sizeof(l->req.progs[prog].name));
}

/* The attachment whose place the program takes. */
static struct vouch_attachment *find_former(const struct vouch_attachment *a,
					    const struct vouch_loaded *l,
					    u32 prog)
{
	struct vouch_attachment *other;

	list_for_each_entry(other, &attachments, list) {
		const struct vouch_runner *r = vouch_kind_runner(other);

		if (same_place(a, other) &&
		    (!a->kind->shared ||
		     (same_slot(r, l) && same_name(r, l, prog))))
			return other;
	}
	return NULL;
}

static int check_former(const struct vouch_attachment *a,
			const struct vouch_loaded *l, u32 prog,
			const char *hook, struct vouch_reason *why)
{
	const struct vouch_runner *r = vouch_kind_runner(a);

	if (!same_slot(r, l))
		return vouch_refuse(
			why, -EBUSY,
			"hook %.64s: runs a program of slot %s; detach it first",
			hook, r->image->record.slot);
	if (r->image == l && r->index == prog)
		return vouch_refuse(why, -EEXIST,
				    "hook %.64s: runs this program already",
				    hook);
	return 0;
}

static int replace(struct vouch_attachment *a, struct vouch_runner *r,
		   struct vouch_reason *why)
{
	struct vouch_runner *former = vouch_kind_runner(a);
	int err = a->kind->replace ? a->kind->replace(a, r, why) : 0;

	if (err)
		return err;
	rcu_assign_pointer(a->runner, r);
	if (a->kind->drain)
		a->kind->drain();
	vouch_runner_free(former);
	return 0;
}

static int put_up(struct vouch_attachment *a, struct vouch_runner *r,
		  struct vouch_reason *why)
{
	int err;

	rcu_assign_pointer(a->runner, r);
	err = a->kind->attach(a, why);
	if (!err)
		list_add_tail(&a->list, &attachments);
	return err;
}

static int attach(struct vouch_attachment *a, struct vouch_loaded *l, u32 prog,
		  const char *hook, struct vouch_reason *why)
{
	struct vouch_attachment *former = find_former(a, l, prog);
	struct vouch_runner *r;
	int err;

	err = former ? check_former(former, l, prog, hook, why) : 0;
	if (err)
		return err;
	r = vouch_runner_new(l, prog);
	if (!r)
		return vouch_refuse(why, -ENOMEM, "hook %.64s: out of memory",
				    hook);
	err = former ? replace(former, r, why) : put_up(a, r, why);
	if (err)
		vouch_runner_free(r);
	return err;
}

static int check_type(const struct vouch_attachment *a,
		      const struct vouch_req_prog *p, const char *hook,
		      struct vouch_reason *why)
{
	if (a->kind->takes(p))
		return 0;
	return vouch_refuse(
		why, -EOPNOTSUPP,
		"program %s: type %u with attach type %u is not made for hook %.48s",
		p->name, le32_to_cpu(p->type), le32_to_cpu(p->attach_type),
		hook);
}

int vouch_hook_attach(struct vouch_loaded *l, u32 prog, const char *hook,
		      struct vouch_reason *why)
{
	struct vouch_attachment *a;
	int err;

	rtnl_lock();
	a = read_hook(hook, why);
	err = PTR_ERR_OR_ZERO(a);
	if (!err)
		err = check_type(a, &l->req.progs[prog], hook, why);
	if (!err)
		err = attach(a, l, prog, hook, why);
	/* Not if it is in the list now. */
	if (!IS_ERR(a) && (err || !a->list.next))
		kfree(a);
	rtnl_unlock();
	return err;
}

static int take_down(struct vouch_attachment *a, struct vouch_reason *why)
{
	int err = a->kind->detach(a, why);

	if (err)
		return err;
	vouch_runner_free(vouch_kind_runner(a));
	if (a->stuck) {
		list_move(&a->list, &stuck);
		return 0;
	}
	list_del(&a->list);
	kfree(a);
	return 0;
}

static int detach(const struct vouch_attachment *at,
		  const struct vouch_loaded *l, int prog, const char *hook,
		  struct vouch_reason *why)
{
	struct vouch_attachment *a, *next;
	bool found = false;
	int err = 0;

	list_for_each_entry_safe(a, next, &attachments, list) {
		const struct vouch_runner *r = vouch_kind_runner(a);

		if (r->image != l || (prog >= 0 && r->index != prog) ||
		    !same_place(a, at))
			continue;
		found = true;
		err = err ?: take_down(a, why);
	}
	if (found)
		return err;
	return vouch_refuse(why, -ENOENT,
			    "hook %.64s: does not run this program of image %s",
			    hook, l->name);
}

int vouch_hook_detach(struct vouch_loaded *l, int prog, const char *hook,
		      struct vouch_reason *why)
{
	struct vouch_attachment *at;
	int err;

	rtnl_lock();
	at = read_hook(hook, why);
	err = PTR_ERR_OR_ZERO(at);
	if (!err) {
		err = detach(at, l, prog, hook, why);
		kfree(at);
	}
	rtnl_unlock();
	return err;
}

void vouch_hook_gone(const struct net_device *dev,
		     const struct vouch_hook_kind *kind)
{
	struct vouch_attachment *a, *next;

	ASSERT_RTNL();
	list_for_each_entry_safe(a, next, &attachments, list) {
		struct vouch_reason why = {};

		if (a->dev != dev || (kind && a->kind != kind) ||
		    !take_down(a, &why))
			continue;
		pr_err("%s\n", why.text);
		list_move(&a->list, &stuck);
	}
}

static int notify(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	vouch_hook_gone(netdev_notifier_info_to_dev(data), NULL);
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = notify };

int vouch_hook_init(void)
{
	return register_netdevice_notifier(&notifier);
}

/* Attachments hold images, and images hold this module: none are left. */
void vouch_hook_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}

static void describe(const struct vouch_attachment *a,
		     struct vouch_target_attach_info *info)
{
	const struct vouch_runner *r = vouch_kind_runner(a);

	info->ifindex = a->dev ? a->dev->ifindex : 0;
	info->runs = vouch_runner_count(r);
	memcpy(info->image, r->image->name, sizeof(info->image));
	memcpy(info->prog, vouch_runner_prog(r)->name, sizeof(info->prog));
	describe_hook(a, info->hook);
}

int vouch_hook_info(u32 index, struct vouch_target_attach_info *info,
		    struct vouch_reason *why)
{
	struct vouch_attachment *a;
	u32 n = 0;

	rtnl_lock();
	list_for_each_entry(a, &attachments, list)
		if (n++ == index) {
			describe(a, info);
			rtnl_unlock();
			return 0;
		}
	rtnl_unlock();
	return vouch_refuse(why, -ENOENT, "attachment %u: there are only %u",
			    index, n);
}

u32 vouch_hook_count(void)
{
	struct vouch_attachment *a;
	u32 n = 0;

	rtnl_lock();
	list_for_each_entry(a, &attachments, list)
		n++;
	rtnl_unlock();
	return n;
}

u64 vouch_hook_runs(struct vouch_loaded *l, u32 prog, u32 *n_attached)
{
	struct vouch_attachment *a;
	u64 runs;

	*n_attached = 0;
	rtnl_lock();
	runs = atomic64_read(&l->runs[prog]);
	list_for_each_entry(a, &attachments, list) {
		const struct vouch_runner *r = vouch_kind_runner(a);

		if (r->image != l || r->index != prog)
			continue;
		runs += vouch_runner_count(r);
		(*n_attached)++;
	}
	rtnl_unlock();
	return runs;
}
