// How a change meets the document that is there. Whole and alone: nothing here knows of storage.
#pragma once

#include <string_view>

#include "base/result.h"
#include "documents/json_object.h"
#include "documents/json_reader.h"
#include "ports/document_store.h"

namespace tailrace::documents {

// Applies the JSON object `change` to `document`. Not for kReplace, which needs no document.
// kInvalid: `change` is not a JSON object; `document` may then hold a part of it.
Status MergeChange(MergeMode mode, std::string_view change, JsonReader& reader, JsonObject* document);

}  // namespace tailrace::documents
