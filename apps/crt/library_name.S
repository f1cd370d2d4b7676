/* The note by which a library names itself: see ABI_NOTE_NAME. LIBRARY_NAME is a string of 31 bytes at most. */
    .section .note.pando, "a", @note
    .balign 4
    .word 6, 32, 2
    .asciz "Pando"
    .balign 4
name:
    .asciz LIBRARY_NAME
    .zero 32 - (. - name)
