// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a front end that breaks the rules of its messages:
 * each case of a list, which must end it with the reason and leave the channel
 * fit for the next one.
 */
#include "vsock_breaches.h"

static void msg(u32 request, u32 flags, u32 size, const int *fds, u32 n)
{
	struct message m = { .request = request, .flags = flags, .size = size };

	front_send(&m, 12 + (size < sizeof(m.raw) ? size : sizeof(m.raw)), fds,
		   n);
}

static void msg_unknown(void)
{
	msg(4, 1, 0, NULL, 0);
}

static void msg_beyond_table(void)
{
	msg(0xffffffff, 1, 0, NULL, 0);
}

static void msg_zero(void)
{
	msg(0, 1, 0, NULL, 0);
}

static void msg_version(void)
{
	msg(1, 2, 0, NULL, 0);
}

static void msg_reply(void)
{
	msg(1, 5, 0, NULL, 0);
}

static void msg_huge(void)
{
	msg(2, 1, UINT32_MAX, NULL, 0);
}

static void msg_short(void)
{
	msg(2, 1, 4, NULL, 0);
}

static void msg_files(void)
{
	int fds[12] = { 0 };

	msg(3, 1, 0, fds, 1);
}

static void msg_many_files(void)
{
	int fds[12] = { 0 };

	msg(5, 1, 8 + 32, fds, 12);
}

static void msg_cut(void)
{
	msg(2, 1, 8, NULL, 0);
	front_send("\2\0\0", 3, NULL, 0);
	shutdown(front_sock, SHUT_WR);
}

static void set_features_more(void)
{
	front_value(2, FEATURES | 1ull << VIRTIO_RING_F_INDIRECT_DESC, -1);
}

static void set_protocol_more(void)
{
	front_value(16, 1, -1);
}

static void config_beyond(void)
{
	struct message m = { .config = { .offset = 4, .size = 8 } };

	front_request(24, &m, 20, -1);
}

static void config_wraps(void)
{
	struct message m = { .config = { .offset = UINT32_MAX, .size = 8 } };

	front_request(24, &m, 20, -1);
}

static void ring_logged(void)
{
	struct message m = { .addr = { .flags = 1 } };
	u32 base[2];

	front_stop(base);
	front_request(9, &m, 40, -1);
}

static void ring_index(void)
{
	front_state(11, 2, 0);
}

static void ring_running(void)
{
	front_state(8, 0, NUM);
}

static void file_index(void)
{
	front_value(13, 2, rings[0].call);
}

static void file_missing(void)
{
	front_value(13, 0, -1);
}

static void kick_none(void)
{
	front_value(12, 1 << 8, -1);
}

static void kick_memfd(void)
{
	front_value(12, 0, mem_fd);
}

static void kick_socket(void)
{
	front_value(12, 0, front_sock);
}

static void kick_pipe(void)
{
	int p[2];

	if (!pipe(p)) {
		front_value(12, 0, p[0]);
		close(p[0]);
		close(p[1]);
	}
}

static void kick_epoll(void)
{
	int fd = epoll_create1(0);

	vouch_event_set(fd, EPOLL_CTL_ADD, rings[1].call, EPOLLOUT, NULL);
	front_value(12, 0, fd);
	close(fd);
}

static void enable_two(void)
{
	front_state(18, 0, 2);
}

static void set_table(u32 n, u64 guest, u64 size, u64 user, u64 offset, int fd)
{
	struct message m = {
		.table = { .n = n, .region = { { guest, size, user, offset } } }
	};

	front_request(5, &m, 40, fd);
}

static void table_can_shrink(void)
{
	int fd = make_memory(MEM_SIZE, 0);

	set_table(1, GUEST_BASE, MEM_SIZE, USER_BASE, 0, fd);
	close(fd);
}

static void table_file_short(void)
{
	set_table(1, GUEST_BASE, MEM_SIZE + 1, USER_BASE, 0, mem_fd);
}

static void table_offset_beyond(void)
{
	set_table(1, GUEST_BASE, MEM_SIZE, USER_BASE, 4096, mem_fd);
}

static void table_offset_wraps(void)
{
	set_table(1, GUEST_BASE, MEM_SIZE, USER_BASE, -4096ull, mem_fd);
}

static void table_wraps(void)
{
	set_table(1, -4096ull, MEM_SIZE, USER_BASE, 0, mem_fd);
}

static void table_none(void)
{
	set_table(0, GUEST_BASE, MEM_SIZE, USER_BASE, 0, -1);
}

static void table_many(void)
{
	set_table(0xffffffff, GUEST_BASE, MEM_SIZE, USER_BASE, 0, mem_fd);
}

static void table_huge_pages(void)
{
	int fd = memfd_create("huge", MFD_ALLOW_SEALING | MFD_HUGETLB);

	if (fd < 0 || ftruncate(fd, 1 << 21) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		printf("# no huge pages here: %s\n", strerror(errno));
	set_table(1, GUEST_BASE, 1 << 20, USER_BASE, 0, fd < 0 ? 0 : fd);
	if (fd >= 0)
		close(fd);
}

static void table_other_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	set_table(1, GUEST_BASE, 512, USER_BASE, 0, fd);
	close(fd);
}

static void table_event(void)
{
	set_table(1, GUEST_BASE, 512, USER_BASE, 0, rings[0].kick);
}

static void table_empty_region(void)
{
	set_table(1, GUEST_BASE, 0, USER_BASE, 0, mem_fd);
}

static void table_above_all(void)
{
	set_table(1, GUEST_BASE, 1ull << 41, USER_BASE, 0, mem_fd);
}

static void table_without_rings(void)
{
	set_table(1, GUEST_BASE, 4096, USER_BASE + (1 << 20), 0, mem_fd);
}

static void table_overlaps(void)
{
	struct message m = {
		.request = 5,
		.flags = 1,
		.size = 72,
		.table = { .n = 2,
			   .region = { { GUEST_BASE, 8192, USER_BASE, 0 },
				       { GUEST_BASE + 4096, 8192,
					 USER_BASE + 8192, 8192 } } },
	};
	int fds[2] = { mem_fd, mem_fd };

	front_send(&m, 84, fds, 2);
}

static const struct breach breaches[] = {
	{ "an unknown request", msg_unknown, "not served" },
	{ "a request beyond the table", msg_beyond_table, "not served" },
	{ "request 0", msg_zero, "not served" },
	{ "a message of version 2", msg_version, "version 1" },
	{ "a reply instead of a request", msg_reply, "version 1" },
	{ "a message of 4 GiB", msg_huge, "the most is" },
	{ "a message that is too short", msg_short, "wrong size" },
	{ "a file that nobody asked for", msg_files, "unexpected file" },
	{ "twelve files", msg_many_files, "more than 8 files" },
	{ "a message cut short", msg_cut, "middle" },
	{ "a feature that was not offered", set_features_more, "not offered" },
	{ "a protocol feature as well", set_protocol_more, "not offered" },
	{ "a configuration range too far", config_beyond, "configuration" },
	{ "a configuration range that wraps", config_wraps, "configuration" },
	{ "dirty logging", ring_logged, "not offered" },
	{ "a third ring", ring_index, "no such ring" },
	{ "setting up a running ring", ring_running, "running" },
	{ "a file for a third ring", file_index, "no such ring" },
	{ "a call without its file", file_missing, "exactly one" },
	{ "a ring without kicks", kick_none, "polling" },
	{ "memory for a kick file", kick_memfd, "not an eventfd" },
	{ "a socket for a kick file", kick_socket, "brings a socket" },
	{ "a pipe for a kick file", kick_pipe, "not an eventfd" },
	{ "an epoll instance for a kick file", kick_epoll, "kick file" },
	{ "enabling with 2", enable_two, "state" },
	{ "memory that can shrink", table_can_shrink, "can shrink" },
	{ "memory shorter than its region", table_file_short,
	  "beyond the end" },
	{ "an offset beyond the file", table_offset_beyond, "beyond the end" },
	{ "an offset that wraps", table_offset_wraps, "beyond all bounds" },
	{ "a region that wraps", table_wraps, "wraps around" },
	{ "a region of no bytes", table_empty_region, "zero" },
	{ "a region of 2 TiB", table_above_all, "beyond all bounds" },
	{ "no memory", table_none, "no region" },
	{ "four billion regions", table_many, "do not match" },
	{ "memory of huge pages", table_huge_pages, "memory is not" },
	{ "a file of the host as memory", table_other_file, "memfd" },
	{ "an event file as memory", table_event, "regular file" },
	{ "memory without the running rings", table_without_rings, "running" },
	{ "regions that overlap", table_overlaps, "overlap" },
};

static void start_without_memory(void)
{
	front_dial();
	check(front_features() && front_state(8, 0, NUM) && front_addr(0) &&
		      !front_value(12, 0, rings[0].kick) &&
		      strstr(last_log, "share=on"),
	      "a ring without memory is refused with the remedy");
}

static void start_wrongly(void)
{
	static const u32 nums[] = { 0, 3, 2048, 0x80000000 };
	struct message m = { .addr = { .desc = USER_BASE + 8 } };
	bool ok = true;
	u32 i;

	for (i = 0; i < 4; i++) {
		front_dial();
		ok = ok && front_features() && !front_state(8, 0, nums[i]);
	}
	check(ok, "ring sizes that are no power of two up to 1024");
	front_dial();
	check(front_features() && front_memory() && front_state(8, 0, NUM) &&
		      front_request(9, &m, 40, -1) &&
		      !front_value(12, 0, rings[0].kick),
	      "a misaligned ring is refused");
	front_dial();
	check(front_memory() && front_state(8, 0, NUM) && front_addr(0) &&
		      !front_value(12, 0, rings[0].kick) &&
		      strstr(last_log, "VERSION_1"),
	      "a driver without VERSION_1 is refused");
	front_dial();
	check(!front_state(10, 0, 0x10000), "an index above 16 bits");
}

/* A ring whose avail or used area ends where memory does. */
static bool starts_at_end(bool events, bool avail)
{
	const u64 end = USER_BASE + MEM_SIZE;
	struct message m = {
		.addr = { .desc = USER_BASE,
			  .avail = avail ? end - 4 - 2 * NUM
					 : USER_BASE + 0x1000,
			  .used = avail ? USER_BASE + 0x2000
					: end - 4 - 8 * NUM },
	};
	bool ok;

	front_events = events;
	front_dial();
	front_events = false;
	ok = front_features() && front_memory() && front_state(8, 0, NUM) &&
	     front_request(9, &m, 40, -1);
	return ok && front_value(12, 0, rings[0].kick);
}

static void room_for_events(void)
{
	check(starts_at_end(false, true) && starts_at_end(false, false),
	      "rings may end where memory does");
	check(!starts_at_end(true, true) && strstr(last_log, "not in memory") &&
		      !starts_at_end(true, false) &&
		      strstr(last_log, "not in memory"),
	      "but with indexes behind them they do not");
}

static void byte_by_byte(void)
{
	struct message m = { .request = 1, .flags = 1 };
	bool ok = true;
	u32 i;

	front_dial();
	for (i = 0; i < 12; i++)
		ok = ok && front_send((u8 *)&m + i, 1, NULL, 0) &&
		     (i == 11 || front_alive());
	front_step();
	check(ok && recv(front_sock, &m, sizeof(m), MSG_DONTWAIT) == 20 &&
		      m.value == FEATURES,
	      "a message that comes byte by byte is served");
}

/* What QEMU asks besides what every test needs. */
static void test_questions(void)
{
	struct message m = { .config = { .size = 8 } };
	u64 cid = 0;
	bool ok;

	front_dial();
	ok = front_ask(24, &m, 20);
	memcpy(&cid, m.config.bytes, sizeof(cid));
	check(ok && cid == CID, "the configuration tells the CID");
	m = (struct message){ .config = { .offset = 4, .size = 4 } };
	check(front_ask(24, &m, 16) && !m.config.bytes[0],
	      "a part of it can be read");
	check(front_value(14, 0, rings[0].call), "an error file is taken");
	m = (struct message){ .request = 2, .flags = 9, .size = 8 };
	m.value = FEATURES;
	front_value(16, 1 << 3, -1);
	front_send(&m, 20, NULL, 0);
	front_step();
	m.value = 1;
	check(recv(front_sock, &m, sizeof(m), MSG_DONTWAIT) == 20 &&
		      m.flags == 5 && !m.value,
	      "an acknowledgement comes where it is asked for");
}

int main(void)
{
	front_begin();
	check_breaches(breaches, sizeof(breaches) / sizeof(*breaches));
	start_without_memory();
	start_wrongly();
	room_for_events();
	byte_by_byte();
	test_questions();
	front_disconnect();
	bystander_finish();
	return front_end();
}
