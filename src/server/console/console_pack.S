// The pack of the console as bytes of the program. TAILRACE_CONSOLE_PACK is its path, which cmake/Console.cmake gives.
  .section .rodata
  .global tailrace_console_pack_begin
  .global tailrace_console_pack_end
  .balign 16
tailrace_console_pack_begin:
  .incbin TAILRACE_CONSOLE_PACK
tailrace_console_pack_end:
  .byte 0
  .section .note.GNU-stack, "", @progbits
