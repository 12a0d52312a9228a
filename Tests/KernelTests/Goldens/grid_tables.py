#!/usr/bin/env python3
"""The grids of IQ1, IQ2 and IQ3 as the PyPI package gguf has them: how Sources/CKernels/grid_tables.c was made.

usage: grid_tables.py > Sources/CKernels/grid_tables.c      needs the PyPI packages numpy and gguf (0.19.0 was used)

An entry stands for 8 or 4 numbers. Each is written as its place among the numbers that the grid has, ascending; where
it goes in an entry, Sources/CKernels/grids.h says.
"""
from gguf import quants

GRIDS = ["IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ1_S"]


def entries(name):
    kind = getattr(quants, name)
    kind.init_grid()
    grid = kind.grid.reshape(kind.grid_shape)
    numbers = sorted(kind.grid_map)
    for row in grid:
        codes = [numbers.index(int(number)) for number in row]
        yield sum(code << (4 * (i % 4) + 2 * (i // 4)) for i, code in enumerate(codes))


def main():
    print("// The grids of IQ1, IQ2 and IQ3. Made by Tests/KernelTests/Goldens/grid_tables.py; grids.h has the layout.")
    print('#include "grids.h"')
    for name in GRIDS:
        values = list(entries(name))
        print(f"\nconst uint16_t lh_grid_{name.lower()}[{len(values)} + 1] = {{")
        for start in range(0, len(values), 14):
            print("  " + " ".join(f"0x{value:04x}," for value in values[start:start + 14]))
        print("};")


main()
