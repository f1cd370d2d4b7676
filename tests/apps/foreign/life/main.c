#include "board.h"

#include <stdio.h>

int main(void)
{
    char board[SIDE][SIDE + 1] = { ".#......", "..#.....", "###.....", "........",
                                   "........", "........", "........", "........" };
    for (int i = 0; i < GENERATIONS; i++)
        step(board);
    for (int y = 0; y < SIDE; y++)
        puts(board[y]);
    return 0;
}
