/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the workload does, in this order, with a name of its own for the thread
 * in each part. All of it is the same on each run and each kernel: names,
 * sizes, ports, identifiers of processes.
 */
#ifndef WORK_H
#define WORK_H

#define WORK_PID 3500 /* of who does it; children have the next ones */
#define WORK_STREAMS (WORK_PID + 10)
#define WORK_BLOCKS (WORK_PID + 11)
#define WORK_ANSWERS (WORK_PID + 13)
#define WORK_FRAMES (WORK_PID + 12)
#define WORK_DIR "/tmp/vw"
#define WORK_SOCKETS 10 /* that can be found */
#define WORK_TAPS 12 /* vwt0, vwt1, ...: each gets all frames */

/* Ends the process, saying what failed, unless @good. */
void work_need(int good, const char *what);

/* Give the thread the name "vw-@part". */
void work_name(const char *part);

/* Start a process of that identifier: as fork(2). */
int work_fork(int pid);

/*
 * Do it in a process of that identifier. How often it waits is up to others,
 * those who handle softirqs, work queues or RCU, and is not counted so.
 */
void work_aside(int pid, const char *part, void (*act)(void));

void work_files(void);
void work_tasks(void);
void work_turns(void);
void work_faults(void);
void work_streams(void);
void work_frames(void);
void work_blocks(void);

/* Make the interfaces that work_frames() writes to. */
void work_make_taps(void);

/* Make the namespace in which some of the sockets are. */
void work_make_namespace(void);

/* Open what programs look for; how many descriptors @fds has got. */
int work_open_sockets(int *fds);

/* A socket for frames that ask for the workload, on this interface. */
int work_listen(const char *interface);

/* Wait for one. */
void work_await(int fd);

#endif /* WORK_H */
