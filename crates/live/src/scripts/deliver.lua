-- Gives out events of one partition's stream to whoever holds its lease, and takes or renews that lease.
--
-- What was given out and not acknowledged comes first, to the same or the next holder: all of them are the same
-- consumer of the group, so nothing has to be handed over.
--
-- KEYS  1 the lease (string)   2 the stream
-- ARGV  1 who asks   2 the lease in ms   3 the group   4 the most events
-- Returns {'held'}        another holds the lease
--         {'none', id}    there is nothing after this id
--         {'some', {{id, {field, value, ...}}, ...}}
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {'held'} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])

local function read(from)
  local reply = redis.pcall('XREADGROUP', 'GROUP', ARGV[3], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[2], from)
  if reply and reply.err then
    if not string.find(reply.err, 'NOGROUP', 1, true) then return reply end
    redis.call('XGROUP', 'CREATE', KEYS[2], ARGV[3], '0', 'MKSTREAM')
    return read(from)
  end
  local entries = {}
  for _, entry in ipairs(reply and reply[1][2] or {}) do
    if entry[2] then
      entries[#entries + 1] = entry
    else
      -- Somebody has deleted it: there is nothing left to acknowledge.
      redis.call('XACK', KEYS[2], ARGV[3], entry[1])
    end
  end
  return entries
end

for _, from in ipairs({'0', '>'}) do
  local entries = read(from)
  if entries.err then return entries end
  if #entries > 0 then return {'some', entries} end
end
local info = redis.call('XINFO', 'STREAM', KEYS[2])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then return {'none', info[i + 1]} end
end
