// A local T3 auth service to test integrations against: see docs/sandbox.md.

#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "commands.hpp"
#include "help.hpp"
#include "no_core_dump.hpp"

int main(int count, char** given) {
  forbid_core_dumps();
  std::vector<std::string> all(given + 1, given + count);
  try {
    for (const auto& argument : all) {
      if (argument != "--help" && argument != "-h") continue;
      std::fputs(help, stdout);
      return 0;
    }
    const std::string command = all.empty() || all[0].starts_with('-') ? "" : all[0];
    if (command.empty()) return serve(arguments(std::move(all)));
    all.erase(all.begin());
    if (command == "keygen") return keygen(arguments(std::move(all)));
    if (command == "rotate") return rotate(arguments(std::move(all)));
    throw usage_error(
        "the first argument is neither an option nor a command: there are keygen and rotate, "
        "and --help explains all");
  } catch (const usage_error& wrong) {
    std::fprintf(stderr, "t3api-sandbox: %s\n", wrong.what());
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "t3api-sandbox: %s\n", failure.what());
    return 1;
  }
}
