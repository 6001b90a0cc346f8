// Result<T>: a value or an Error. Status: success or an Error. Nothing of ours throws.
//
//   Result<int> Port(std::string_view text);
//   TR_TRY(int port, Port(text));        // returns the error to our caller, or goes on with `port`
//   TR_RETURN_IF_ERROR(file->Sync());
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace tailrace {

template <typename T>
using Result = tl::expected<T, Error>;

using Status = tl::expected<void, Error>;

inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace tailrace

#define TR_CONCAT_INNER(a, b) a##b
#define TR_CONCAT(a, b) TR_CONCAT_INNER(a, b)

#define TR_TRY_IMPL(temporary, declaration, expression)                      \
  auto temporary = (expression);                                             \
  if (!temporary) return ::tailrace::Fail(std::move(temporary).error());     \
  declaration = std::move(*temporary)

#define TR_TRY(declaration, expression) TR_TRY_IMPL(TR_CONCAT(tr_result_, __LINE__), declaration, expression)

#define TR_RETURN_IF_ERROR(expression)                                           \
  do {                                                                           \
    auto tr_status = (expression);                                               \
    if (!tr_status) return ::tailrace::Fail(std::move(tr_status).error());       \
  } while (false)
