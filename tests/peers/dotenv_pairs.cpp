// Reads dotenv files. Each line of standard input is {"path": …, "keys": […]}; each line of standard output
// {"error": …}, or
// {"pairs": {…}, "size": …} with those of the keys that the file has, and how many it has of any.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/environment/dotenv.hpp>

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto asked = nlohmann::json::parse(line);
    const auto file = t3api::read_dotenv(asked.at("path"));
    nlohmann::json told = {{"error", file ? "" : file.error().message}};
    if (file) {
      told = {{"pairs", nlohmann::json::object()}, {"size", file->size()}};
      for (const auto& key : asked.at("keys")) {
        const auto* entry = file->find(key.get<std::string>());
        if (entry != nullptr) told["pairs"][key.get<std::string>()] = entry->value.reveal();
      }
    }
    std::cout << told.dump() << '\n';
  }
}
