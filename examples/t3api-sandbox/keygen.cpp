#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/keys/key_ring_file.hpp>
#include <t3api/sandbox/keys/rotation.hpp>

#include "commands.hpp"
#include "keeping.hpp"

namespace {

namespace sandbox = t3api::sandbox;

struct keygen_options {
  enum class task { make, add, prune };

  task what = task::make;
  std::string file{};
  std::string data{};
};

keygen_options parse(arguments given) {
  using task = keygen_options::task;
  keygen_options options;
  while (given.next()) {
    if (given.name() == "--add" || given.name() == "--prune") {
      if (options.what != task::make) throw usage_error("give one of --add and --prune, and once");
      options.what = given.name() == "--add" ? task::add : task::prune;
    } else if (given.name() == "--data") {
      options.data = given.value();
    } else if (given.name().empty() || given.name().starts_with('-')) {
      throw given.unknown();
    } else {
      if (!options.file.empty()) throw usage_error("keygen is about one file: name one only");
      options.file = given.name();
    }
  }
  if (options.file.empty()) {
    throw usage_error(
        "keygen needs the name of a file: keygen FILE, keygen --add FILE or keygen --prune FILE --data DIR");
  }
  if (options.what != task::prune && !options.data.empty()) {
    throw usage_error("--data goes with --prune only");
  }
  if (options.what == task::prune && options.data.empty()) {
    throw usage_error("--prune needs --data DIR, to see that no secret key there needs what it removes");
  }
  return options;
}

std::string make(const std::string& file) {
  namespace fs = std::filesystem;
  const std::string shown = "'" + t3api::detail::printable(file, 200) + "'";
  if (is_there(file)) {
    throw std::runtime_error(shown +
                             " is there already, and no key ring is ever overwritten: take another name, or "
                             "--add to add a key to it");
  }
  if (const auto folder = fs::path(file).parent_path(); !folder.empty() && !is_there(folder)) {
    throw std::runtime_error("there is no folder for " + shown + ": make the folder first");
  }
  return sandbox::write_new_key_ring(file);
}

/// Throws std::runtime_error when a secret key in the folder needs more than the current key of the ring, or
/// when nothing shows that this is the ring of that folder.
void require_current_key_alone(const keygen_options& options, const sandbox::key_ring& ring) {
  const auto database = open_existing_database(options.data);
  const std::string place = "in '" + t3api::detail::printable(options.data, 200) + "'";
  require_own_ring(*database, std::make_shared<sandbox::fixed_key_ring>(ring), options.data);
  if (!database->not_under(ring.current().id, "", 1).empty()) {
    throw std::runtime_error("secret keys " + place +
                             " are still kept under an older key: run \"t3api-sandbox rotate\" first");
  }
  const auto left = std::make_shared<sandbox::fixed_key_ring>(
      sandbox::key_ring{.root = ring.root, .keys = {ring.current()}});
  const auto found = sandbox::check_ring(*database, left);
  if (!found.failed.empty()) {
    throw std::runtime_error(std::to_string(found.failed.size()) + " of the secret keys " + place +
                             " cannot be opened: \"t3api-sandbox rotate\" tells which; delete those, or name "
                             "the right ring");
  }
  if (found.opened == 0 && ring.keys.size() > 1) {
    throw std::runtime_error(
        "there is no secret key " + place +
        ", so nothing shows that this is its ring: name the folder that is used with it");
  }
}

/// Looks with the file locked, so that no key is added in between.
std::size_t prune(const keygen_options& options) {
  return sandbox::prune_keys(
      options.file, [&](const sandbox::key_ring& ring) { require_current_key_alone(options, ring); });
}

void tell(const nlohmann::ordered_json& result) {
  std::printf("%s\n", result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int keygen(arguments given) {
  const auto options = parse(std::move(given));
  switch (options.what) {
    case keygen_options::task::make:
      tell({{"file", options.file}, {"current", make(options.file)}});
      std::fputs("Keep a copy in a safe place, apart from the data: without it no secret key can be used.\n",
                 stderr);
      break;
    case keygen_options::task::add:
      tell({{"file", options.file}, {"current", sandbox::add_key(options.file)}});
      break;
    case keygen_options::task::prune: tell({{"file", options.file}, {"removed", prune(options)}}); break;
  }
  return 0;
}
