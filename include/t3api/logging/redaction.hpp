#ifndef T3API_LOGGING_REDACTION_HPP
#define T3API_LOGGING_REDACTION_HPP

#include <string>
#include <string_view>

#include <t3api/core/headers.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/url.hpp>

namespace t3api::inline v0_1_0 {

/// Where `sent` goes, on one line: values of query parameters that are not known to be harmless are `***`, in
/// the path too, and so is what stands behind `/auth/secretkey/`.
std::string redacted_url(const url& host, const request& sent);

/// The fields with `***` for each value that is not known to be harmless; names and values fit one line.
headers redacted_headers(const headers& fields);

/// A body on one line of about 2000 bytes. JSON is shown with `***` in the place of members that sound like a
/// secret, of anything else its size only, and of what goes to or comes from authentication nothing.
std::string redacted_body(std::string_view path, std::string_view content_type, std::string_view body);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/logging/impl/redaction.hpp>
#endif

#endif
