#ifndef BOARD_H
#define BOARD_H
#define SIDE 8
void step(char board[SIDE][SIDE + 1]);
#endif
