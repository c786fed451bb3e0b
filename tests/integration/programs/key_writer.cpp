// A process that writes to a key database.
//
// key_writer FOLDER TROUBLE AT
//   makes, uses, renews and deletes keys, on a disk that at the AT-th operation makes TROUBLE (kill, tear,
//   power, full, fault). Says before each step what it is about to do, as in "to add 1", then "done", or
//   "failed" and the sentence of the error; it tries such a step again on a sound disk. Ends with "quiet"
//   when there was no trouble as there are fewer operations, and with "wrong" when a failed step changed
//   something.
// key_writer FOLDER
//   reads commands, a line each: "add NAME", "find NAME", "erase NAME"; answers "yes" or "no".
#include <t3api/sandbox/keys/sqlite_database.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/programs/faulty_disk.hpp"
#include "tests/integration/programs/key_names.hpp"

namespace {

using namespace t3api::sandbox;
using namespace t3api::test;

/// Everything that the database holds, as text.
std::string everything(sqlite_key_database& keys) {
  std::string all;
  for (const auto& record : keys.of(key_test_owner)) {
    all += record.id + " " + record.credentials.bytes + (record.is_enabled ? " enabled\n" : "\n");
  }
  return all;
}

struct writer {
  std::string folder;
  std::shared_ptr<sqlite_key_database> keys{};
  bool has_failed = false;

  void run(const std::string& step) {
    const auto space = step.find(' ');
    const std::string name = space == step.npos ? "" : step.substr(space + 1);
    if (step == "open") keys = sqlite_key_database::open(folder);
    if (step == "close") keys.reset();
    if (step.starts_with("add ")) keys->add(key_named(name));
    if (step.starts_with("use ")) keys->set_last_used(key_named(name), key_test_noon);
    if (step.starts_with("erase ")) keys->erase(key_named(name).id, key_test_owner);
    if (step.starts_with("renew ")) {
      keys->replace_credentials(key_named(name).id, key_named(name).credentials, renewed_credentials);
    }
  }

  void try_to(const std::string& step) {
    std::cout << "to " << step << std::endl;
    const std::string before = keys ? everything(*keys) : "";
    try {
      run(step);
    } catch (const database_error& failure) {
      std::cout << "failed " << failure.what() << std::endl;
      faulty_disk::plan(faulty_disk::trouble::none, 0);
      has_failed = true;
      if ((keys ? everything(*keys) : "") != before) std::cout << "wrong" << std::endl;
      run(step);
    }
    std::cout << "done" << std::endl;
  }
};

void answer_commands(const std::string& folder) {
  const auto keys = sqlite_key_database::open(folder);
  for (std::string what, name; std::cin >> what >> name;) {
    bool answer = true;
    if (what == "add") keys->add(key_named(name));
    if (what == "find") answer = keys->find(key_named(name).key_hash).has_value();
    if (what == "erase") answer = keys->erase(key_named(name).id, key_test_owner);
    std::cout << (answer ? "yes" : "no") << std::endl;
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2) {
    answer_commands(arguments[1]);
    return 0;
  }
  if (count != 4) return 2;
  using kind = faulty_disk::trouble;
  const std::map<std::string, kind> kinds = {{"kill", kind::kill},
                                             {"tear", kind::tear},
                                             {"power", kind::power},
                                             {"full", kind::full},
                                             {"fault", kind::fault}};
  const int at = std::stoi(arguments[3]);
  faulty_disk::install();
  faulty_disk::plan(kinds.at(arguments[2]), at);
  writer script{arguments[1]};
  for (const char* step :
       {"open", "add 1", "add 2", "use 1", "erase 2", "add 3", "renew 3", "erase 1", "close"}) {
    script.try_to(step);
  }
  if (!script.has_failed && faulty_disk::count() < at) std::cout << "quiet" << std::endl;
  return 0;
}
