-- For wrk: takes the requests of a file in turn (a 4-byte length, little endian, and the request),
-- and prints what it measured as one line of JSON.
--   wrk ... -s chat.lua http://127.0.0.1:PORT/ -- FILE
local requests, at = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local text = file:read("*a")
  file:close()
  local offset = 1
  while offset < #text do
    local a, b, c, d = string.byte(text, offset, offset + 3)
    local length = a + 256 * (b + 256 * (c + 256 * d))
    requests[#requests + 1] = string.sub(text, offset + 4, offset + 3 + length)
    offset = offset + 4 + length
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '@{"requests":%d,"seconds":%.6f,"errors":%d,"not_200":%d,"latency_us":'
      .. '{"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d,"mean":%.2f}}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99),
    latency:percentile(99.9), latency.max, latency.mean))
end
