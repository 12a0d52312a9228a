// The scales by which quants of few bits come nearest to the numbers of a block. Loops over 16 and 32 numbers that
// the compiler turns into vectors of any instruction set; sums are taken in the fixed order of `sum`.
#include <math.h>

#include "kernels.h"

enum { LONG_PART = 32, SHORT_PART = 16, LEVELS = 16 };

// Each number and the one half a part away, until one is left.
static inline float sum(const float *terms, int count) {
  float sums[SHORT_PART];
  for (int i = 0; i < SHORT_PART; i++) sums[i] = count > SHORT_PART ? terms[i] + terms[i + SHORT_PART] : terms[i];
  for (int i = 0; i < 8; i++) sums[i] += sums[i + 8];
  for (int i = 0; i < 4; i++) sums[i] += sums[i + 4];
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

// The nearest whole number of one below 2^22 in magnitude, within [low, high].
static inline float nearest_within(float number, float low, float high) {
  float nearest = (number + 0x1.8p23f) - 0x1.8p23f;
  nearest = nearest < low ? low : nearest;
  return nearest > high ? high : nearest;
}

static float farthest_of(const float *numbers, int count) {
  float farthest = 0;
  for (int i = 0; i < count; i++) farthest = fabsf(numbers[i]) > fabsf(farthest) ? numbers[i] : farthest;
  return farthest;
}

void lh_fit_offset(const float *numbers, const float *importance, float top, float *scale, float *offset) {
  *scale = *offset = 0;
  float low = 0, high = 0, squares_of_numbers[LONG_PART], weights[LONG_PART], terms[LONG_PART];
  for (int i = 0; i < LONG_PART; i++) {
    low = numbers[i] < low ? numbers[i] : low;
    high = numbers[i] > high ? numbers[i] : high;
    squares_of_numbers[i] = numbers[i] * numbers[i];
  }
  if (!(low < high) || !isfinite(high - low)) return;
  float mean_square = sum(squares_of_numbers, LONG_PART) / LONG_PART, root = sqrtf(mean_square);
  for (int i = 0; i < LONG_PART; i++) {
    // Large numbers matter more to a product.
    weights[i] = importance ? importance[i] * sqrtf(squares_of_numbers[i] + mean_square) : fabsf(numbers[i]) + root;
    terms[i] = weights[i] * numbers[i];
  }
  float weight_sum = sum(weights, LONG_PART), number_sum = sum(terms, LONG_PART), best = INFINITY;
  if (!(weight_sum > 0)) return;
  for (int step = -10; step <= 10; step++) {
    float inverse = (top + (float)step / 10) / (high - low);
    float quants[LONG_PART], weighted[LONG_PART], squared[LONG_PART];
    for (int i = 0; i < LONG_PART; i++) {
      quants[i] = nearest_within((numbers[i] - low) * inverse, 0, top);
      weighted[i] = weights[i] * quants[i];
      squared[i] = weighted[i] * quants[i];
      terms[i] = weighted[i] * numbers[i];
    }
    float quant_sum = sum(weighted, LONG_PART), squares = sum(squared, LONG_PART), products = sum(terms, LONG_PART);
    float determinant = weight_sum * squares - quant_sum * quant_sum;
    if (!(determinant > 0)) continue;
    float step_scale = (weight_sum * products - number_sum * quant_sum) / determinant;
    float step_offset = (quant_sum * products - squares * number_sum) / determinant;
    if (step_offset < 0) {
      step_scale = products / squares;
      step_offset = 0;
    }
    if (!(step_scale > 0)) continue;
    for (int i = 0; i < LONG_PART; i++) {
      float miss = quants[i] * step_scale - step_offset - numbers[i];
      terms[i] = weights[i] * miss * miss;
    }
    float error = sum(terms, LONG_PART);
    if (error < best) {
      best = error;
      *scale = step_scale;
      *offset = step_offset;
    }
  }
}

float lh_fit_signed(const float *numbers, const float *importance) {
  float farthest = farthest_of(numbers, SHORT_PART), best = 0, found = 0;
  if (!(fabsf(farthest) > 1e-30f) || !isfinite(farthest)) return 0;
  for (int step = -9; step <= 9; step++) {
    float inverse = -(32 + (float)step / 10) / farthest, squared[SHORT_PART], terms[SHORT_PART];
    for (int i = 0; i < SHORT_PART; i++) {
      float weight = importance ? importance[i] : numbers[i] * numbers[i];
      float quant = nearest_within(numbers[i] * inverse, -32, 31);
      squared[i] = weight * quant * quant;
      terms[i] = weight * quant * numbers[i];
    }
    float products = sum(terms, SHORT_PART), squares = sum(squared, SHORT_PART);
    // The squared error falls by products^2 / squares.
    if (!(squares > 0) || !(products * products > best * squares)) continue;
    best = products * products / squares;
    found = products / squares;
  }
  return found;
}

float lh_fit_levels(const float *numbers, const float *importance, const float *levels) {
  float farthest = farthest_of(numbers, LONG_PART), best = 0, found = 0;
  if (!(fabsf(farthest) > 1e-30f) || !isfinite(farthest)) return 0;
  // Levels reach farther on one side than on the other: the farthest number may suit either end.
  for (int try = 0; try < 30; try++) {
    float inverse = (levels[try % 2 * (LEVELS - 1)] + (float)(try / 2 - 7)) / farthest;
    float nearest[LONG_PART], squared[LONG_PART], terms[LONG_PART];
    for (int i = 0; i < LONG_PART; i++) nearest[i] = levels[0];
    // Levels are whole numbers, so these sums are exact.
    for (int level = 1; level < LEVELS; level++) {
      float middle = (levels[level - 1] + levels[level]) / 2, rise = levels[level] - levels[level - 1];
      for (int i = 0; i < LONG_PART; i++) nearest[i] += numbers[i] * inverse >= middle ? rise : 0;
    }
    for (int i = 0; i < LONG_PART; i++) {
      float weight = importance ? importance[i] : numbers[i] * numbers[i];
      squared[i] = weight * nearest[i] * nearest[i];
      terms[i] = weight * nearest[i] * numbers[i];
    }
    float products = sum(terms, LONG_PART), squares = sum(squared, LONG_PART);
    if (!(squares > 0) || !(products * products > best * squares)) continue;
    best = products * products / squares;
    found = products / squares;
  }
  return found;
}
