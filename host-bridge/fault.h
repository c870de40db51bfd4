/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault points: named places at which a test can have a process die, stop or
 * fail.
 *
 * They exist in the variant of the build that defines VOUCH_FAULT_POINTS;
 * elsewhere nothing of them is left. The environment says what is to happen:
 *
 *	VOUCH_FAULTS	list of DUTY/POINT@N=ACTION, parted by commas: at the
 *			Nth hit of POINT in a process of DUTY, or with "N+"
 *			from the Nth on; ACTION is "kill", "stop" or the
 *			number of an error
 *	VOUCH_FAULT_LOG	file to which each hit is appended before anything
 *			happens: "PID DUTY POINT HIT ACTION", "-" for none
 *	VOUCH_FAULT_SEED	of libfiu's errors, if that is preloaded
 *
 * Duties are main, launch, link, link-child, sign and vm, which is a process
 * on its way to become QEMU. Signer and launcher have theirs as services too.
 */
#ifndef VOUCH_FAULT_H
#define VOUCH_FAULT_H

#ifdef VOUCH_FAULT_POINTS

/**
 * vouch_fault_duty() - say which duty this process has.
 * @name: the duty's, or that of the process, as "vouchd[sign]"
 *
 * Reads the environment and opens the log, so before the process is confined;
 * counts start at zero. A fault that is misspelt ends the process.
 */
void vouch_fault_duty(const char *name);

/**
 * vouch_fault_rename() - change the duty, in a child that is confined.
 * @duty: its name, a constant
 *
 * Log and counts stay what they were.
 */
void vouch_fault_rename(const char *duty);

/**
 * vouch_fault() - a fault point.
 * @of: what it is about, or ""; the point's name is "OF-POINT" then
 * @point: the rest of its name
 *
 * Return: 0, or the -errno that a test asks for. Places that cannot fail
 * ignore it.
 */
int vouch_fault(const char *of, const char *point);

/**
 * vouch_fault_file() - a fault point within putting a file in place.
 * @name: of the file; says which kind it is
 * @point: the rest of the point's name
 *
 * Return: as vouch_fault().
 */
int vouch_fault_file(const char *name, const char *point);

#else

static inline void vouch_fault_duty(const char *name)
{
	(void)name;
}

static inline void vouch_fault_rename(const char *duty)
{
	(void)duty;
}

static inline int vouch_fault(const char *of, const char *point)
{
	(void)of;
	(void)point;
	return 0;
}

static inline int vouch_fault_file(const char *name, const char *point)
{
	(void)name;
	(void)point;
	return 0;
}

#endif

#endif /* VOUCH_FAULT_H */
