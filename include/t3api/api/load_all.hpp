#ifndef T3API_API_LOAD_ALL_HPP
#define T3API_API_LOAD_ALL_HPP

#include <cstdint>
#include <string>

#include <t3api/any_client.hpp>
#include <t3api/api/collections.hpp>

namespace t3api::inline v0_1_0 {

/// The most rows that `load_all` gives, since it keeps them all in memory. A service that says it has more is
/// not believed.
inline constexpr std::uint64_t max_loaded_rows = 10'000'000;

/// Loads all rows of a collection such as `/v2/packages/active`, in the service's order. `wanted.page` must
/// be 1; a larger `page_size` means fewer calls.
///
/// **Pages at once.** After the first page `client_config::batch_size` of them are in flight: one in the
/// calling thread, the others where the client's asynchronous calls run, so far as there are threads
/// (`async_threads`); those threads are kept until the last page is there. With a batch size of 1 no other
/// thread takes part. It may be called from a job of `client::async`.
///
/// **Changes.** A page must say the same total and page size as the first one, must hold as many rows as that
/// means, and no two rows may have the same `id`. Otherwise the collection changed in the meantime, and the
/// reading starts anew; the third reading that meets a change ends with a `protocol` error that is retryable.
/// Not to be seen in pages is a row that goes while another comes, with no page read in between: the total
/// stays, and a row may have slipped from a page to be read to one that was read.
///
/// **Time.** `options.timeout` is for all of it; without one there is no limit to the whole. Each page has
/// `client_config::timeout` at most. `options.stop` ends all pages.
///
/// **Pauses.** When the service asks for a pause (`Retry-After`, as T3 does for more than 600 requests a
/// minute), all pages wait together, whatever the retry policy. The pause is not in a page's time, and no row
/// is read again. A page that is put off for 10 minutes in all, or past `options.timeout`, ends the loading
/// with the service's error.
///
/// **Errors.** The first page that fails, after the retries of the client, ends the others, and stands in the
/// message. Numbers that contradict each other, and more rows than `max_loaded_rows`, are `protocol` errors.
/// Throws what `client::send` throws.
result<nlohmann::json::array_t> load_all(const any_client& via, const std::string& path,
                                         const page_request& wanted, const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/api/impl/load_all.hpp>
#endif

#endif
