#include <cstddef>
#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/sandbox/keys/key_ring_file.hpp>

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
  const auto take_file = [&](const std::string& file) {
    if (!options.file.empty()) throw usage_error("keygen is about one file: name one only");
    options.file = file;
  };
  while (given.next()) {
    if (given.name() == "--add" || given.name() == "--prune") {
      options.what = given.name() == "--add" ? task::add : task::prune;
      take_file(given.value());
    } else if (given.name() == "--data") {
      options.data = given.value();
    } else if (given.name().empty() || given.name().starts_with('-')) {
      throw given.unknown();
    } else {
      take_file(given.name());
    }
  }
  if (options.file.empty()) throw usage_error("keygen needs the name of a file: t3api-sandbox keygen FILE");
  if (options.what != task::prune && !options.data.empty())
    throw usage_error("--data goes with --prune only");
  return options;
}

/// Looks into the data folder, if one is named, and prunes with the file locked, so that no key is added in
/// between.
std::size_t prune(const keygen_options& options) {
  if (options.data.empty()) return sandbox::prune_keys(options.file);
  const auto database = open_existing_database(options.data);
  return sandbox::prune_keys(options.file, [&](const sandbox::key_ring& ring) {
    if (!database->not_under(ring.current().id, "", 1).empty()) {
      throw std::runtime_error("secret keys in '" + t3api::detail::printable(options.data, 200) +
                               "' are still kept under an older key: run \"t3api-sandbox rotate\" first");
    }
  });
}

void tell(const nlohmann::ordered_json& result) {
  std::printf("%s\n", result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int keygen(arguments given) {
  const auto options = parse(std::move(given));
  switch (options.what) {
    case keygen_options::task::make:
      sandbox::write_new_key_ring(options.file);
      tell({{"file", options.file}, {"current", "k1"}});
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
