#ifndef T3API_TESTS_SUPPORT_TRANSPORTS_HPP
#define T3API_TESTS_SUPPORT_TRANSPORTS_HPP

#include <doctest/doctest.h>

#include <t3api/transport/httplib.hpp>
#include <t3api/transport/socket.hpp>

// The transports over sockets, for tests that run over both.
TYPE_TO_STRING_AS("httplib_transport", t3api::httplib_transport);
TYPE_TO_STRING_AS("socket_transport", t3api::socket_transport);

#define HTTP_TRANSPORTS t3api::httplib_transport, t3api::socket_transport

#endif
