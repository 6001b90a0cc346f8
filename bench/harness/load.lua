-- wrk script: sends the requests of a file in turn, and prints what came of it as one line of JSON.
--   BENCH_LINES  with BENCH_TYPE, one body a line (byte 1E stands for a line break in it); without, one path to get a line
--   BENCH_TYPE   the content type of what is posted
local requests, turn = {}, 0

function init()
  local content_type = os.getenv("BENCH_TYPE")
  for line in io.lines(os.getenv("BENCH_LINES")) do
    if content_type then
      local body = line:gsub("\30", "\n")
      requests[#requests + 1] = wrk.format("POST", nil, {["Content-Type"] = content_type}, body)
    else
      requests[#requests + 1] = wrk.format("GET", line)
    end
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50_ms":%.4f,"p99_ms":%.4f}', summary.requests,
    summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
