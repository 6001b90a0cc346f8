// Dead letters as JSON, for the routes and for the command line without a server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/dead_letters.h"
#include "engine/redrive.h"
#include "engine/reject_watch.h"
#include "server/http/json_out.h"

namespace tailrace::server {

// {"stream","open","pending","faults":[{"id","fault","stage","materialization"?,"open","pending","first","last","example":{"letter","raw"?}}]}
void WriteFaultList(JsonWriter& json, std::string_view stream, const engine::FaultList& list);

// The members "letters" and "next" of an object that is open.
void WriteLetterPage(JsonWriter& json, const engine::LetterPage& page);

// {"stream","dry_run","letters","sent","left","failing","pending","failures":[{"letter","reason"}]}
void WriteRedriveReport(JsonWriter& json, const engine::RedriveRequest& request, const engine::RedriveReport& report);

// {"stream","was","paused"}: in which trouble the stream was; null: in none.
void WriteResumed(JsonWriter& json, std::string_view stream, const std::optional<engine::RejectTrouble>& was);

}  // namespace tailrace::server
