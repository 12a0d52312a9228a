// Which keys of a block the query rows of a tile see, and in which view: shared by attention.c and attention_fast.c.
#ifndef LONGHAUL_ATTENTION_ROWS_H
#define LONGHAUL_ATTENTION_ROWS_H

#include "kv_block.h"

enum { KEYS = LH_KEYS_PER_BLOCK, ROW_GROUP = 8 };

LH_INLINE int64_t visible_keys(const lh_attention_rows *rows, int64_t r, const lh_attention_block *block) {
  int64_t visible = lh_clamp(rows->positions[r] - block->first_key + 1, 0, block->key_count);
  bool passed = rows->span > 0 && rows->positions[r] - (block->first_key + visible - 1) >= rows->span;
  return passed ? 0 : visible;
}

LH_INLINE int64_t first_seen_key(
  const lh_attention_rows *rows, int64_t r, const lh_attention_block *block, int64_t visible) {
  if (rows->span == 0) return 0;
  return lh_clamp(rows->positions[r] - block->first_key - rows->span + 1, 0, visible);
}

LH_INLINE int64_t first_neighbor_key(
  const lh_attention_rows *rows, int64_t r, const lh_attention_block *block, int64_t visible) {
  return lh_clamp(rows->positions[r] - block->first_key - rows->neighbor_window + 1, 0, visible);
}

// A group of rows meeting a block.
typedef struct {
  int64_t visible[ROW_GROUP];
  int64_t neighbor_from[ROW_GROUP];
  int64_t seen_from[ROW_GROUP];
  // Keys from shared_from to shared: those that every row sees, but for the ones before its span.
  int64_t shared_from, shared;
  // Keys behind seen_end are seen by none.
  int64_t seen_end;
  // Keys before grouped_end are grouped to some row; those in neighbor_begin ..< neighbor_end are neighbors to some
  // row.
  int64_t grouped_end, neighbor_begin, neighbor_end;
} lh_meeting;

LH_INLINE lh_meeting lh_meet(
  const lh_attention_rows *rows, int64_t r0, int64_t count, const lh_attention_block *block) {
  lh_meeting m = {.shared_from = KEYS, .shared = block->key_count, .neighbor_begin = KEYS};
  for (int64_t r = 0; r < count; r++) {
    int64_t visible = visible_keys(rows, r0 + r, block);
    int64_t neighbor_from = first_neighbor_key(rows, r0 + r, block, visible);
    m.visible[r] = visible;
    m.neighbor_from[r] = neighbor_from;
    m.seen_from[r] = first_seen_key(rows, r0 + r, block, visible);
    m.shared_from = lh_min(m.shared_from, m.seen_from[r]);
    m.shared = lh_min(m.shared, visible);
    if (visible > m.seen_end) m.seen_end = visible;
    if (neighbor_from > m.grouped_end) m.grouped_end = neighbor_from;
    if (neighbor_from < visible) {
      m.neighbor_begin = lh_min(m.neighbor_begin, neighbor_from);
      if (visible > m.neighbor_end) m.neighbor_end = visible;
    }
  }
  return m;
}

// The views that a row of the tile uses.
LH_INLINE void lh_views_used(
  const lh_attention_rows *rows, const lh_attention_block *block, bool *grouped, bool *neighbor) {
  *grouped = *neighbor = false;
  for (int64_t r = 0; r < rows->row_count; r++) {
    int64_t visible = visible_keys(rows, r, block), neighbor_from = first_neighbor_key(rows, r, block, visible);
    *grouped |= neighbor_from > 0;
    *neighbor |= neighbor_from < visible;
  }
}

LH_INLINE void lh_fetch_lines(const char *from, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at, 0, 2);
}

// Fetches a share of the next block into the second cache: the one that group r0 pays for.
LH_INLINE void lh_fetch_share(const lh_attention_rows *rows, const lh_attention_block *block, int64_t r0) {
  if (block->next_keys == NULL || block->next_values == NULL) return;
  int64_t bytes = lh_key_block_bytes(rows->kv_type, rows->head_dimension);
  int64_t first = bytes * r0 / rows->row_count / 64 * 64, end = bytes * (r0 + ROW_GROUP) / rows->row_count;
  for (int64_t at = first; at < end; at += 64) {
    __builtin_prefetch((const char *)block->next_keys + at, 0, 2);
    __builtin_prefetch((const char *)block->next_values + at, 0, 2);
  }
}

#endif
