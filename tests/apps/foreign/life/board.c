#include "board.h"

#include <string.h>

void step(char board[SIDE][SIDE + 1])
{
    char old[SIDE][SIDE + 1];
    memcpy(old, board, sizeof old);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int alive = 0;
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++)
                    if ((dx || dy) && old[(y + dy + SIDE) % SIDE][(x + dx + SIDE) % SIDE] == '#')
                        alive++;
            board[y][x] = alive == 3 || (alive == 2 && old[y][x] == '#') ? '#' : '.';
        }
}
