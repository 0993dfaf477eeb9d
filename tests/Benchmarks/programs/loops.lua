-- Loops over numbers, tables and strings.
local scale = tonumber(arg[1] or 10)
local sum, hash = 0, 0
for i = 1, scale * 300000 do sum = sum + i % 7 * (i & 3) end
local t = {}
for i = 1, scale * 20000 do t[i] = (i * 7919) % 10007 end
for i = 2, #t do t[i] = (t[i] + t[i - 1]) % 10007 end
for i = 1, scale * 3000 do
    local s = string.format("%d:%x", i, i * 31)
    for j = 1, #s do hash = (hash * 33 + s:byte(j)) % 4294967296 end
end
print(sum, t[#t], hash)
