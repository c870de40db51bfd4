// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every request of a front end with a payload of the wrong size, with files
 * too many or too few, for a ring that is not there, and out of order; and
 * event files that would block whoever uses them.
 */
#include "vsock_bystander.h"

static const struct request {
	const char *name;
	u32 id, size; /* as it should be */
	u32 files; /* as it should be */
	bool by_ring; /* its first word is a ring's index */
	bool flexible; /* a shorter payload is another valid one */
} requests[] = {
	{ "GET_FEATURES", 1, 8, 0, false, true },
	{ "SET_FEATURES", 2, 8, 0, false, false },
	{ "SET_OWNER", 3, 8, 0, false, true },
	{ "SET_MEM_TABLE", 5, 40, 1, false, false },
	{ "SET_VRING_NUM", 8, 8, 0, true, false },
	{ "SET_VRING_ADDR", 9, 40, 0, true, false },
	{ "SET_VRING_BASE", 10, 8, 0, true, false },
	{ "GET_VRING_BASE", 11, 8, 0, true, false },
	{ "SET_VRING_KICK", 12, 8, 1, true, false },
	{ "SET_VRING_CALL", 13, 8, 1, true, false },
	{ "SET_VRING_ERR", 14, 8, 1, true, false },
	{ "GET_PROTOCOL_FEATURES", 15, 8, 0, false, true },
	{ "SET_PROTOCOL_FEATURES", 16, 8, 0, false, false },
	{ "SET_VRING_ENABLE", 18, 8, 0, true, false },
	{ "GET_CONFIG", 24, 20, 0, false, false },
};

#define N_REQUESTS (sizeof(requests) / sizeof(*requests))

/* A payload that would be served, for the first ring. */
static void valid(const struct request *r, struct message *m)
{
	*m = (struct message){ .request = r->id, .flags = 1, .size = r->size };
	switch (r->id) {
	case 2:
		m->value = FEATURES;
		break;
	case 5:
		m->table.n = 1;
		m->table.region[0][0] = GUEST_BASE;
		m->table.region[0][1] = MEM_SIZE;
		m->table.region[0][2] = USER_BASE;
		break;
	case 8:
		m->word[1] = NUM;
		break;
	case 9:
		m->addr.desc = USER_BASE;
		m->addr.avail = USER_BASE + 0x1000;
		m->addr.used = USER_BASE + 0x2000;
		break;
	case 16:
		m->value = 1 << 9;
		break;
	case 18:
		m->word[1] = 1;
		break;
	case 24:
		m->config.size = 8;
		break;
	default:
		break;
	}
}

static int file_of(const struct request *r)
{
	if (r->id == 5)
		return mem_fd;
	return r->id == 12 ? rings[0].kick : rings[0].call;
}

/* Send with so many files of the right kind. */
static bool survives(const struct request *r, struct message *m, u32 files)
{
	int fds[2] = { file_of(r), file_of(r) };

	return front_send(m, 12 + m->size, fds, files) && front_alive();
}

static bool begin(void)
{
	front_dial();
	return front_features() && front_memory();
}

static void test_sizes(const struct request *r)
{
	struct message m;
	bool refused = true;
	char name[96];
	u32 size;

	for (size = 0; size <= 304; size++) {
		if (size == r->size || (r->flexible && size < r->size) ||
		    /* Room for regions that are not used. */
		    (r->id == 5 && size > 40 && size <= 264))
			continue;
		begin();
		valid(r, &m);
		m.size = size;
		refused = refused && !survives(r, &m, r->files);
	}
	snprintf(name, sizeof(name), "%s of any other size", r->name);
	check(refused && front_up(BUFFERS) && connects(1), name);
}

static void test_files(const struct request *r)
{
	struct message m;
	char name[96];
	bool more, less;

	begin();
	valid(r, &m);
	more = survives(r, &m, r->files + 1);
	begin();
	valid(r, &m);
	less = r->files && survives(r, &m, r->files - 1);
	snprintf(name, sizeof(name), "%s with a file too many or too few",
		 r->name);
	check(!more && !less && front_up(BUFFERS) && connects(1), name);
}

static void test_ring_index(const struct request *r)
{
	static const u32 indexes[] = { 2,      3,	   255,	      0x80,
				       0xffff, 0x80000000, 0xffffffff };
	struct message m;
	bool refused = true;
	char name[96];
	u32 i;

	for (i = 0; i < sizeof(indexes) / sizeof(*indexes); i++) {
		begin();
		valid(r, &m);
		m.word[0] = indexes[i];
		refused = refused && !survives(r, &m, r->files);
	}
	snprintf(name, sizeof(name), "%s for a ring that is not there",
		 r->name);
	check(refused && front_up(BUFFERS) && connects(1), name);
}

static u64 state = 1;

static u32 rnd(u32 n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % n;
}

/* Requests that are each valid, in an order that need not make sense. */
static void test_order(void)
{
	struct message m;
	bool ok = true;
	u32 i, round, served = 0, ended = 0;

	for (round = 0; round < 1000 && ok; round++) {
		front_dial();
		for (i = 0; i < 30 && front_sock >= 0; i++) {
			const struct request *r = &requests[rnd(N_REQUESTS)];

			valid(r, &m);
			if (r->by_ring)
				m.word[0] = rnd(2);
			if (r->id == 9 && m.word[0])
				m.addr.desc += RING_OFF(1);
			if (!survives(r, &m, r->files)) {
				/* An answer waits, or it is over. */
				while (recv(front_sock, &m, sizeof(m),
					    MSG_DONTWAIT) > 0)
					;
				if (!front_alive())
					break;
			}
			served++;
		}
		ended += dev->vhost.fd < 0;
		if (round % 50 == 0)
			ok = front_up(BUFFERS) && connects(1);
	}
	check(ok && served > 1000 && ended > 100,
	      "requests out of order are served or end the front end");
}

static void test_memory(void)
{
	struct message m = {
		.table = { .n = 1,
			   .region = { { GUEST_BASE, 4096, USER_BASE, 0 } } }
	};
	int fd = make_memory(MEM_SIZE, F_SEAL_SHRINK | F_SEAL_WRITE);
	char path[64];

	front_dial();
	check(!front_request(5, &m, 40, fd) && strstr(last_log, "mapped"),
	      "memory that is sealed against writing");
	close(fd);
	front_dial();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(!front_request(5, &m, 40, fd) && strstr(last_log, "mapped"),
	      "memory that may only be read");
	close(fd);
	front_up(BUFFERS);
	check(ftruncate(mem_fd, 4096) < 0 && front_memory() && connects(1),
	      "memory that someone tries to shrink, and a second table");
}

/* The front end shares the flags of the files that it has handed over. */
static void test_blocking(void)
{
	u64 full = UINT64_MAX - 1, count;
	struct epoll_event events[8];
	int i, n;

	front_up(BUFFERS);
	connects(1);
	fcntl(rings[RX].call, F_SETFL, O_RDWR);
	fcntl(rings[RX].kick, F_SETFL, O_RDWR);
	/* Whoever blocks from now on is ended by the alarm. */
	alarm(20);
	while (read(rings[RX].call, &count, sizeof(count)) > 0 &&
	       write(rings[RX].call, &full, sizeof(full)) < 0)
		;
	check(connects(2), "a call file that is full and would block");
	count = 1;
	check(write(rings[RX].kick, &count, sizeof(count)) == sizeof(count),
	      "a kick");
	n = epoll_wait(epoll_fd, events, 8, 0);
	count = 0;
	check(n == 1 && read(rings[RX].kick, &count, sizeof(count)) > 0,
	      "that the front end takes back");
	for (i = 0; i < n; i++)
		vouch_vsock_dispatch(&events[i]);
	check(connects(3), "and that would block");
	alarm(0);
}

static void check_bystander(const char *after)
{
	char name[96];

	snprintf(name, sizeof(name), "another VM's data go on: %s", after);
	check(bystander_echo(), name);
}

int main(void)
{
	u32 i;

	front_begin();
	check(bystander_begin(), "another VM connects");
	for (i = 0; i < N_REQUESTS; i++) {
		test_sizes(&requests[i]);
		test_files(&requests[i]);
		if (requests[i].by_ring)
			test_ring_index(&requests[i]);
		check_bystander(requests[i].name);
	}
	test_order();
	check_bystander("requests out of order");
	test_memory();
	check_bystander("memory of other kinds");
	test_blocking();
	check_bystander("files that would block");
	front_disconnect();
	bystander_finish();
	return front_end();
}
