#ifndef T3API_CORE_IMPL_JSON_BUILDER_HPP
#define T3API_CORE_IMPL_JSON_BUILDER_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/json_body.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::detail {

/// Empties a value. Its own destructor allocates memory, and ends the process when there is none.
inline void release(nlohmann::json& value) noexcept {
  if (auto* list = value.get_ptr<nlohmann::json::array_t*>()) {
    for (auto& element : *list) release(element);
    list->clear();
  } else if (auto* members = value.get_ptr<nlohmann::json::object_t*>()) {
    for (auto& member : *members) release(member.second);
    members->clear();
  }
}

/// Makes a value of what nlohmann/json's parser meets in a text. It counts the memory of each part before it
/// makes it, and it knows where it is, which the library's own builder does not.
class json_builder {
 public:
  using json = nlohmann::json;

  /// `exact`: an integer of more than 64 bits is a fault, and no double.
  json_builder(std::string_view text, std::size_t memory, bool exact)
      : text_(text), memory_left_(memory), exact_(exact) {
    open_.reserve(max_json_depth);
  }
  json_builder(const json_builder&) = delete;
  json_builder& operator=(const json_builder&) = delete;
  ~json_builder() { release(root_); }

  json take() noexcept { return std::move(root_); }
  const std::string& fault() const noexcept { return fault_; }

  // The parser calls these, and stops when one gives false.

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string& written) {
    if (exact_ && written.find_first_not_of("-0123456789") == written.npos) {
      return refuse("an integer of more than 64 bits");
    }
    return add(value);
  }
  bool string(const std::string& value) { return count(48 + heap_of(value)) && add(value); }
  bool binary(json::binary_t&) { return false; }

  bool start_object(std::size_t) { return open(json::object()); }
  bool key(const std::string& name) {
    if (!count(96 + heap_of(name))) return false;
    auto& in = open_.back();
    const auto [member, is_new] = in.container->get_ref<json::object_t&>().try_emplace(name);
    in.member = &member->second;
    if (is_new || name.find("\xEF\xBF\xBD") == name.npos) return true;
    return refuse("two names that are alike but for halves of surrogate pairs");
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string&, const json::exception& cause) {
    const auto rest = text_.substr((std::min)(position - 1, text_.size()));
    const std::string_view why = cause.what();
    const bool not_finite = rest.starts_with("NaN") || rest.starts_with("Infinity");
    constexpr int number_overflow = 406;
    const char* what = not_finite                                  ? "NaN or Infinity, which are no JSON"
                       : cause.id == number_overflow               ? "a number that is too large for a double"
                       : why.find("ill-formed UTF-8") != why.npos  ? "bytes that are not UTF-8"
                       : why.find("control character") != why.npos ? "a control character that is not escaped"
                       : rest.empty()                              ? "a value that is cut off"
                                                                   : "a mistake in its syntax";
    return refuse(what + (", at byte " + std::to_string(position)));
  }

 private:
  struct level {
    json* container;
    json* member = nullptr;  ///< Of an object: the one whose value is being read.
  };

  /// What a text takes beside its object; short ones are held within.
  static std::size_t heap_of(const std::string& text) { return text.size() > 15 ? text.size() + 32 : 0; }

  bool count(std::size_t bytes) {
    if (bytes > memory_left_)
      return refuse("too many values to keep in memory: ask for less, such as a smaller page");
    memory_left_ -= bytes;
    return true;
  }

  bool add(json value) {
    if (insert(std::move(value)) == nullptr) return false;
    if (!open_.empty()) open_.back().member = nullptr;
    return true;
  }

  bool open(json empty) {
    if (open_.size() == max_json_depth) {
      return refuse("values nested more than " + std::to_string(max_json_depth) + " deep");
    }
    json* const made = count(64) ? insert(std::move(empty)) : nullptr;
    if (made != nullptr) open_.push_back({made});
    return made != nullptr;
  }

  bool close() {
    open_.pop_back();
    if (!open_.empty()) open_.back().member = nullptr;
    return true;
  }

  /// Where it was put; null when there is no memory for it.
  json* insert(json value) {
    if (!count(32)) return nullptr;  // An array that grows has room for twice its elements.
    if (open_.empty()) return &(root_ = std::move(value));
    const auto& in = open_.back();
    if (in.member != nullptr) return &(*in.member = std::move(value));
    return &in.container->get_ref<json::array_t&>().emplace_back(std::move(value));
  }

  bool refuse(std::string what) {
    fault_ = std::move(what);
    std::string place;
    for (const auto& [container, member] : open_) {
      if (container->is_array()) {
        const bool innermost = container == open_.back().container;
        place += "/" + std::to_string(container->size() - (innermost ? 0 : 1));
      } else if (member != nullptr) {
        for (const auto& [name, value] : container->get_ref<json::object_t&>()) {
          if (&value == member) place += "/" + printable(name, 40);
        }
      }
    }
    if (!place.empty()) fault_ += ", in " + printable(place, 200);
    return false;
  }

  const std::string_view text_;
  std::size_t memory_left_;
  const bool exact_;
  json root_;
  std::vector<level> open_;
  std::string fault_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
