#include <doctest/doctest.h>

#include <t3api/core/logging_hooks.hpp>

TEST_CASE("hooks are off until one is set, whatever the options beside them say") {
  CHECK_FALSE(t3api::logging_hooks{}.any());
  CHECK_FALSE(t3api::logging_hooks{.with_headers = true, .with_body = true}.any());
  CHECK(t3api::logging_hooks{.on_request = [](const t3api::request_event&) {}}.any());
  CHECK(t3api::logging_hooks{.on_response = [](const t3api::response_event&) {}}.any());
  CHECK(t3api::logging_hooks{.on_retry = [](const t3api::retry_event&) {}}.any());
  CHECK(t3api::logging_hooks{.on_renewal = [](const t3api::renewal_event&) {}}.any());
  CHECK(t3api::logging_hooks{.on_notice = [](std::string_view) {}}.any());
}
