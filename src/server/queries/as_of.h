// What an answer holds, as a header: `Tailrace-As-Of: sales=0:98213,1:77120`, the next offset of each partition.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"
#include "server/http/reply.h"

namespace tailrace::server {

std::string AsOfText(const std::vector<AsOf>& as_of);

void SetAsOf(Reply& reply, const std::vector<AsOf>& as_of);

// The positions of `sales/0:98213,1:77120`, as in wait_for, behind the slash: of partitions not named they are 0.
// kInvalid: anything else, or a partition that there is not.
Result<Positions> ParsePositions(std::string_view text, size_t partitions);

}  // namespace tailrace::server
