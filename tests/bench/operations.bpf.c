// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that do one kind of thing often enough that what runs them does
 * not matter.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TIMES 64
#define ENTRIES 256

#define MAP(name, kind)                            \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_##kind); \
		__uint(max_entries, ENTRIES);      \
		__type(key, __u32);                \
		__type(value, __u64);              \
	} name SEC(".maps")

MAP(array, ARRAY);
MAP(percpu_array, PERCPU_ARRAY);
MAP(hash, HASH);
MAP(percpu_hash, PERCPU_HASH);

#define COUNT(map)                                                    \
	SEC("xdp")                                                    \
	int count_##map(struct xdp_md *ctx)                           \
	{                                                             \
		__u64 one = 1, *value;                                \
		__u32 i, key, n = 0;                                  \
                                                                      \
		for (i = 0; i < TIMES; i++) {                         \
			key = i * 5 % ENTRIES;                        \
			value = bpf_map_lookup_elem(&map, &key);      \
			if (value)                                    \
				n += ++*value & 1;                    \
			else                                          \
				bpf_map_update_elem(&map, &key, &one, \
						    BPF_ANY);         \
		}                                                     \
		return n ? XDP_PASS : XDP_DROP;                       \
	}

COUNT(array)
COUNT(percpu_array)
COUNT(hash)
COUNT(percpu_hash)

SEC("xdp")
int update_hash(struct xdp_md *ctx)
{
	__u32 i, key;
	__u64 value;

	for (i = 0; i < TIMES; i++) {
		key = i * 5 % ENTRIES;
		value = i;
		bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	}
	return XDP_PASS;
}

SEC("xdp")
int helpers(struct xdp_md *ctx)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < TIMES; i++)
		sum += bpf_get_smp_processor_id() + bpf_get_prandom_u32();
	return sum ? XDP_PASS : XDP_DROP;
}

/* Arithmetic, and nothing that calls. */
SEC("xdp")
int arithmetic(struct xdp_md *ctx)
{
	const __u8 *data = (void *)(long)ctx->data;
	const __u8 *end = (void *)(long)ctx->data_end;
	__u64 sum = 1;
	__u32 i;

	if (data + TIMES > end)
		return XDP_PASS;
	for (i = 0; i < TIMES; i++)
		sum = sum * 31 + (data[i] ^ sum >> 7);
	return sum & 1 ? XDP_PASS : XDP_TX;
}

static long add(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}

SEC("xdp")
int callbacks(struct xdp_md *ctx)
{
	__u64 sum = 0;

	bpf_loop(TIMES, add, &sum, 0);
	return sum ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
