// A stand-in for a program whose fault is planted some events before it shows: answers each line of
// standard input, spoils a pointer at {"do":"plant"} and follows it at {"do":"follow"}. What died
// is found by a backtrace; what was at fault only by going backwards from it.

#include <cstdint>
#include <cstdio>
#include <cstring>

// Static, not in an unnamed namespace: gdb takes them by name.
struct Account {
  long balance;
};

struct Ledger {
  Account* first;
};

static Account account{42};
static Ledger ledger{&account};

static void plant() {
  ledger.first = reinterpret_cast<Account*>(static_cast<uintptr_t>(0x10));  // the fault
}

static void answer(long value) {
  std::printf("%ld\n", value);
  std::fflush(stdout);
}

int main() {
  char line[4096];
  while (std::fgets(line, sizeof(line), stdin) != nullptr) {
    if (std::strstr(line, "plant") != nullptr) plant();
    if (std::strstr(line, "follow") != nullptr) answer(ledger.first->balance);
    else answer(0);
  }
}
