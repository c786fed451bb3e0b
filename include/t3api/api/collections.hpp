#ifndef T3API_API_COLLECTIONS_HPP
#define T3API_API_COLLECTIONS_HPP

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/any_client.hpp>

namespace t3api::inline v0_1_0 {

/// Which page of a collection to load.
struct page_request {
  std::string license_number{};  ///< As `list_licenses` gives it.
  int page = 1;                  ///< The first is 1.
  int page_size = 100;           ///< At most 500.
  query_params query{};          ///< Further parameters, such as `sort` and `filter`.
};

/// One page of a collection.
struct collection_page {
  nlohmann::json::array_t data{};  ///< The rows, each an object.
  std::uint64_t page = 0;          ///< Its number, from 1.
  std::uint64_t page_size = 0;     ///< The most rows that a page has.
  std::uint64_t total_pages = 0;   ///< Of the whole collection.
  std::uint64_t total = 0;         ///< Rows on all pages.
};

/// Loads one page of a collection such as `/v2/packages/active`.
result<collection_page> load_page(const any_client& via, const std::string& path, const page_request& wanted,
                                  const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/api/impl/collections.hpp>
#endif

#endif
