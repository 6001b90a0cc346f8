// Arrow's columns as messages of its IPC streaming format (arrow.apache.org, "Arrow Columnar Format", "Serialization and Interprocess
// Communication"; field numbers of the flat buffers are those of its Schema.fbs and Message.fbs). For the files of sql/ only.
#pragma once

#include <string>

#include "base/result.h"
#include "sql/arrow_abi.h"

namespace tailrace::sql {

// Each appends one message. kInternal: a type that none of the program's queries answers with (dictionaries, unions, views), or an array
// that is not as its schema says.
Status AppendArrowSchema(const ArrowSchema& schema, std::string* out);
Status AppendArrowBatch(const ArrowSchema& schema, const ArrowArray& batch, std::string* out);
void AppendArrowEnd(std::string* out);

}  // namespace tailrace::sql
