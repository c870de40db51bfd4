// SPDX-License-Identifier: BSD-2-Clause
/* Files, processes, signals, turns, page faults and a block device. */

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

#define FILES 4
#define CHILDREN 3
#define TURNS 10
#define PAGES 48
#define BLOCK 4096
#define DISK (1 << 20)

static void write_file(const char *path, size_t size)
{
	static char data[4096];
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0640);

	work_need(fd >= 0, path);
	work_need(write(fd, data, size) == (ssize_t)size, path);
	work_need(!close(fd), path);
}

static void read_file(const char *path)
{
	char data[64];
	int fd = open(path, O_RDONLY);

	work_need(fd >= 0, path);
	while (read(fd, data, sizeof(data)) > 0)
		;
	close(fd);
}

static void look_at(const char *path)
{
	struct statfs fs;
	struct statx sx;
	struct stat s;

#ifdef SYS_stat /* newer architectures have not the older calls */
	syscall(SYS_stat, path, &s);
	syscall(SYS_lstat, path, &s);
#endif
	syscall(SYS_newfstatat, AT_FDCWD, path, &s, 0);
	syscall(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE, &sx);
	syscall(SYS_statfs, path, &fs);
}

void work_files(void)
{
	char path[64];

	work_name("files");
	mkdir(WORK_DIR, 0755);
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), WORK_DIR "/file%d", i);
		write_file(path, 100 + 300 * i);
		read_file(path);
		look_at(path);
		work_need(!unlink(path), path);
	}
	/* What is not there, by each call that there is. */
#ifdef SYS_open
	syscall(SYS_open, WORK_DIR "/absent", O_RDWR | O_NOFOLLOW);
#endif
	syscall(SYS_openat, AT_FDCWD, WORK_DIR "/no/such", O_WRONLY, 0);
	look_at(WORK_DIR "/absent");
}

static void send_signals(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	kill(WORK_PID, SIGUSR1);
	syscall(SYS_tkill, WORK_PID, SIGUSR2);
	syscall(SYS_tgkill, WORK_PID, WORK_PID, SIGUSR1);
	kill(WORK_PID + 100, SIGTERM);
}

static void child(int i)
{
	char name[16], code[16];

	snprintf(name, sizeof(name), "child%d", i);
	work_name(name);
	snprintf(code, sizeof(code), "%d", i * 7);
	if (i == CHILDREN - 1) {
		execl(WORK_DIR "/no-program", "no-program", NULL);
		kill(getpid(), SIGKILL);
	}
	execl("/bin/workload", "vw-workload", "--child", code, name, NULL);
	_exit(99);
}

void work_tasks(void)
{
	int pid;

	work_name("tasks");
	for (int i = 0; i < CHILDREN; i++) {
		pid = work_fork(WORK_PID + 1 + i);
		if (!pid)
			child(i);
		work_need(waitpid(pid, NULL, 0) == pid, "waitpid");
	}
	send_signals();
}

static void answer(const int *in, const int *out)
{
	char byte;

	close(in[1]);
	while (read(in[0], &byte, 1) == 1)
		work_need(write(out[1], &byte, 1) == 1, "write");
	_exit(0);
}

/* Nobody's clock is in it: each waits until the other has said something. */
void work_turns(void)
{
	int there[2] = { -1, -1 }, back[2] = { -1, -1 }, pid;
	char byte = 0;

	work_name("turns");
	work_need(!pipe(there) && !pipe(back), "pipe");
	pid = work_fork(WORK_ANSWERS);
	if (!pid)
		answer(there, back);
	for (int i = 0; i < TURNS; i++) {
		work_need(write(there[1], &byte, 1) == 1, "write");
		work_need(read(back[0], &byte, 1) == 1, "read");
	}
	close(there[0]);
	close(there[1]);
	work_need(waitpid(pid, NULL, 0) == pid, "waitpid");
	close(back[0]);
	close(back[1]);
}

void work_faults(void)
{
	volatile char *at = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	work_need(at != MAP_FAILED, "mmap");
	/* The kernel may know of no large pages. */
	madvise((void *)at, PAGES * BLOCK, MADV_NOHUGEPAGE);
	work_name("faults");
	for (int i = 0; i < PAGES; i++)
		at[i * BLOCK] = 1;
	work_name("faulted");
	munmap((void *)at, PAGES * BLOCK);
}

static int open_disk(int *loop)
{
	int file = open("/tmp/vw-disk", O_CREAT | O_RDWR, 0600);
	int disk;

	work_need(file >= 0 && !ftruncate(file, DISK), "/tmp/vw-disk");
	*loop = open("/dev/loop0", O_RDWR);
	work_need(*loop >= 0, "/dev/loop0");
	work_need(!ioctl(*loop, LOOP_SET_FD, file), "LOOP_SET_FD");
	close(file);
	disk = open("/dev/loop0", O_RDWR | O_DIRECT);
	work_need(disk >= 0, "/dev/loop0");
	return disk;
}

static void use_disk(void)
{
	static char data[16 * BLOCK] __attribute__((aligned(BLOCK)));
	int loop, disk = open_disk(&loop);

	for (int i = 1; i <= 16; i *= 2) {
		work_need(pwrite(disk, data, i * BLOCK, 64 * i * 512) ==
				  i * BLOCK,
			  "pwrite");
		work_need(pread(disk, data, BLOCK, i * BLOCK) == BLOCK,
			  "pread");
	}
	work_name("blocked");
	close(disk);
	ioctl(loop, LOOP_CLR_FD, 0);
	close(loop);
	unlink("/tmp/vw-disk");
}

void work_blocks(void)
{
	work_aside(WORK_BLOCKS, "blocks", use_disk);
}
