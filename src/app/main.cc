#include <cstdio>
int main() { std::puts("tailrace"); }
