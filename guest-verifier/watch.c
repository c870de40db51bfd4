// SPDX-License-Identifier: GPL-2.0-only
/* Designations, and who may look at one. */

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "watch.h"

static LIST_HEAD(watches);
static DEFINE_SPINLOCK(watches_lock);

static bool is_of_load(const struct vouch_watch *watch, unsigned long log_buf)
{
	return watch->log_buf == log_buf && watch->tgid == task_tgid(current);
}

struct vouch_watch *vouch_watch_of_load(const struct bpf_verifier_env *env)
{
	unsigned long log_buf = (__force unsigned long)env->log.ubuf;
	struct vouch_watch *watch, *found = NULL;

	if (!log_buf)
		return NULL;
	rcu_read_lock();
	list_for_each_entry_rcu(watch, &watches, node) {
		if (!is_of_load(watch, log_buf))
			continue;
		if (vouch_watch_claim(watch))
			found = watch;
		break;
	}
	rcu_read_unlock();
	return found;
}

struct vouch_watch *vouch_watch_converting(const struct bpf_prog *prog)
{
	struct vouch_watch *watch, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(watch, &watches, node)
		if (READ_ONCE(watch->converting) == prog->aux)
			found = watch;
	rcu_read_unlock();
	return found;
}

static void free_watch(struct vouch_watch *watch)
{
	vouch_accesses_free(&watch->accesses);
	vouch_replacements_free(&watch->replacements);
	vouch_witness_free(&watch->witnesses);
	put_pid(watch->tgid);
	kvfree(watch);
}

struct vouch_watch *vouch_watch_add(unsigned long log_buf, u32 n_insns,
				    struct vouch_replacements *replacements)
{
	u32 max_notes = n_insns / 2 + 1;
	struct vouch_watch *watch;

	watch = kvzalloc(struct_size(watch, notes, max_notes),
			 GFP_KERNEL_ACCOUNT);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->tgid = get_pid(task_tgid(current));
	watch->log_buf = log_buf;
	watch->max_notes = max_notes;
	if (vouch_witness_make(&watch->witnesses, n_insns)) {
		free_watch(watch);
		return ERR_PTR(-ENOMEM);
	}
	watch->replacements = *replacements;
	memset(replacements, 0, sizeof(*replacements));
	spin_lock(&watches_lock);
	list_add_rcu(&watch->node, &watches);
	spin_unlock(&watches_lock);
	return watch;
}

/* A load whose operations are swapped is waited for: it gets no new claim. */
void vouch_watch_remove_all(struct list_head *file_watches)
{
	struct vouch_watch *watch, *next;

	if (list_empty(file_watches))
		return;
	list_for_each_entry(watch, file_watches, file_node)
		wait_var_event(&watch->claimed, vouch_watch_claim(watch));
	spin_lock(&watches_lock);
	list_for_each_entry(watch, file_watches, file_node)
		list_del_rcu(&watch->node);
	spin_unlock(&watches_lock);
	synchronize_rcu();
	list_for_each_entry_safe(watch, next, file_watches, file_node) {
		list_del(&watch->file_node);
		free_watch(watch);
	}
}

bool vouch_watch_claim(struct vouch_watch *watch)
{
	return atomic_cmpxchg_acquire(&watch->claimed, 0, 1) == 0;
}

void vouch_watch_release(struct vouch_watch *watch)
{
	atomic_set_release(&watch->claimed, 0);
	/* Read under RCU only by whoever waits for it. */
	smp_mb__after_atomic();
	wake_up_var(&watch->claimed);
}
