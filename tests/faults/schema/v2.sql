-- A lane of schema 2, as it lay on disk, with an event in each state. The platform's own tables are left out.
-- Never changed: what later versions read has to be what this one wrote.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        provider TEXT NOT NULL,
        vehicle TEXT,
        alias TEXT,
        user TEXT,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        provider_event_id TEXT NOT NULL,
        event_ts INTEGER,
        received_at INTEGER NOT NULL,
        -- Waiting: when to look at it again. Settled: when to forget it.
        due_at INTEGER,
        -- Rounds of the present wait, for a VIN or for Cartrack, and when it began.
        failures INTEGER NOT NULL DEFAULT 0,
        since INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        event TEXT,
        record TEXT,
        history TEXT NOT NULL DEFAULT '[]'
    , keys TEXT, skipped INTEGER NOT NULL DEFAULT 0);
CREATE TABLE vehicles (
        provider TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        vin TEXT NOT NULL,
        PRIMARY KEY (provider, vehicle)
    ) WITHOUT ROWID;
CREATE INDEX vehicles_vin ON vehicles (vin);
CREATE TABLE seen (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counts (
        minute INTEGER NOT NULL,
        name TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (minute, name)
    ) WITHOUT ROWID;
CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE refusals (id INTEGER PRIMARY KEY, provider TEXT NOT NULL, refusal TEXT NOT NULL);
CREATE INDEX events_due ON events (state, due_at, provider) WHERE due_at IS NOT NULL;
CREATE INDEX events_seen ON events (vehicle, keys, provider, skipped);
INSERT INTO meta (name, value) VALUES ('fresh_from', '1');
INSERT INTO meta (name, value) VALUES ('lane', '0');
INSERT INTO meta (name, value) VALUES ('schema', '2');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795310670729000, 'smartcar', 'v-delivered', NULL, 'u-1', 'VEHICLE_STATE', 'delivered', NULL, '3c77b318-e438-46a8-b5cb-1d887760600a', 1795310665702, 1795310670711, NULL, 1, 1795310670827, 1, '{"provider":"smartcar","vehicle":"v-delivered","user":"u-1","type":"VEHICLE_STATE","mode":"live","provider_event_id":"3c77b318-e438-46a8-b5cb-1d887760600a","received_at":"2026-11-22T01:24:30.711Z","moment":"PERIODIC","event_ts":"2026-11-22T01:24:25.702Z","time_source":"provider","position":{"latitude":37.4292,"longitude":-122.1381},"repeats_position":true,"odometer_km":{"value":62041.0,"at":"2026-11-22T01:24:25.702Z"},"vin":"TST00000000000001"}', '{"event_type":"PERIODIC","event_ts":"2026-11-22T01:24:25.702Z","chassis_number":"TST00000000000001","source":{"provider":"smartcar","device_id":"v-delivered","provider_event_id":"3c77b318-e438-46a8-b5cb-1d887760600a","provider_received_ts":"2026-11-22T01:24:30.711Z"},"position":{"latitude":37.4292,"longitude":-122.1381}}', '[{"duration_ms":95,"error":null,"reply":"{}","status":202,"time":"2026-11-22T01:24:30.732Z"}]', 'f5f3095595afd3ef87f9a8cc0f8c31c1', 0);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795310670848000, 'telemax', 'v-unmapped', NULL, NULL, 'Ignition', 'unmapped', 'unmapped_vehicle', 'tmx-a1fb05693587622dba41554abbe94e6268cf639879e9ed0da8fd9bac6b70b6e8', 1795310665000, 1795310670847, 1795310730954, 0, 1795310670848, 0, '{"provider":"telemax","vehicle":"v-unmapped","type":"Ignition","mode":"live","provider_event_id":"tmx-a1fb05693587622dba41554abbe94e6268cf639879e9ed0da8fd9bac6b70b6e8","delivery_id":"67928373-1027-4c98-8a2d-1b285d0dca30","received_at":"2026-11-22T01:24:30.847Z","moment":"IGNITION_ON","event_ts":"2026-11-22T01:24:25Z","time_source":"provider","position":{"latitude":-33.8688,"longitude":151.2093},"ignition":{"value":true,"at":"2026-11-22T01:24:25Z"}}', NULL, '[]', '4c82d747f840e952be78b26d50e630d6', 0);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795310670898000, 'telematica', 'v-dead', NULL, NULL, 'vehicle.soc', 'dead', 'refused_by_cartrack', 'msg_459e3db3-364d-44fe-82d6-e5d3cdd7aae7', 1795310665881, 1795310670889, 1797902670966, 1, 1795310670966, 1, '{"provider":"telematica","vehicle":"v-dead","type":"vehicle.soc","mode":"live","provider_event_id":"msg_459e3db3-364d-44fe-82d6-e5d3cdd7aae7","received_at":"2026-11-22T01:24:30.889Z","moment":"PERIODIC","event_ts":"2026-11-22T01:24:25.881Z","time_source":"provider","position":{"latitude":12.345678,"longitude":7.3321},"repeats_position":true,"vin":"TST00000000000002"}', '{"event_type":"PERIODIC","event_ts":"2026-11-22T01:24:25.881Z","chassis_number":"TST00000000000002","source":{"provider":"telematica","device_id":"v-dead","provider_event_id":"msg_459e3db3-364d-44fe-82d6-e5d3cdd7aae7","provider_received_ts":"2026-11-22T01:24:30.889Z"},"position":{"latitude":12.345678,"longitude":7.3321}}', '[{"duration_ms":68,"error":null,"reply":"{}","status":422,"time":"2026-11-22T01:24:30.898Z"}]', 'f9a8e9c91722cde7775d6462cb670f87', 0);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795310670991000, 'smartcar', 'v-test', NULL, '9927ceb1-4f23-42ee-88ee-10dc7f22a500', 'VEHICLE_STATE', 'skipped', 'test_mode', '1729b8be-67fe-46a5-bd4c-68af79ffae09', 1795310665960, 1795310670990, NULL, 0, 1795310670991, 0, '{"provider":"smartcar","vehicle":"v-test","user":"9927ceb1-4f23-42ee-88ee-10dc7f22a500","type":"VEHICLE_STATE","mode":"test","provider_event_id":"1729b8be-67fe-46a5-bd4c-68af79ffae09","received_at":"2026-11-22T01:24:30.990Z","moment":"PERIODIC","event_ts":"2026-11-22T01:24:25.960Z","time_source":"provider","position":{"latitude":37.4292,"longitude":-122.1381},"repeats_position":true,"odometer_km":{"value":62041.0,"at":"2026-11-22T01:24:25.960Z"},"vin":"TST00000000000003","skip":"test_mode"}', NULL, '[]', 'f7cdddfca705faf0', 1);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795310671015000, 'smartcar', NULL, NULL, NULL, 'OTHER', 'skipped', 'unknown_event_type', '4a7bad73-3c17-41f5-83cd-f3d7170c7572', NULL, 1795310671014, NULL, 0, 1795310671015, 0, '{"provider":"smartcar","type":"OTHER","mode":"live","provider_event_id":"4a7bad73-3c17-41f5-83cd-f3d7170c7572","received_at":"2026-11-22T01:24:31.014Z","moment":"PERIODIC","repeats_position":true,"skip":"unknown_event_type"}', NULL, '[]', NULL, 1);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795310671026000, 'telematica', 'v-pending', NULL, NULL, 'vehicle.soc', 'pending', NULL, 'msg_cb96f7cb-9c07-4efe-80de-27f1dc8c6295', 1795310666023, 1795310671025, 1795310676137, 1, 1795310671037, 1, '{"provider":"telematica","vehicle":"v-pending","type":"vehicle.soc","mode":"live","provider_event_id":"msg_cb96f7cb-9c07-4efe-80de-27f1dc8c6295","received_at":"2026-11-22T01:24:31.025Z","moment":"PERIODIC","event_ts":"2026-11-22T01:24:26.023Z","time_source":"provider","position":{"latitude":12.345678,"longitude":7.3321},"repeats_position":true,"vin":"TST00000000000005"}', '{"event_type":"PERIODIC","event_ts":"2026-11-22T01:24:26.023Z","chassis_number":"TST00000000000005","source":{"provider":"telematica","device_id":"v-pending","provider_event_id":"msg_cb96f7cb-9c07-4efe-80de-27f1dc8c6295","provider_received_ts":"2026-11-22T01:24:31.025Z"},"position":{"latitude":12.345678,"longitude":7.3321}}', '[{"duration_ms":11,"error":null,"reply":"{}","status":503,"time":"2026-11-22T01:24:31.026Z"}]', 'd0d22068feb8f786f88f4ccea03e9889', 0);
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('smartcar', 'v-delivered', 'TST00000000000001');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('telematica', 'v-dead', 'TST00000000000002');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('telematica', 'v-pending', 'TST00000000000005');
INSERT INTO seen (key, seq) VALUES ('be1f679568af08b5767d83632631142c', 1795310671015000);
INSERT INTO counts (minute, name, n) VALUES (0, 'dead|telematica', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'delivered|smartcar', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|accepted|', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|skipped|test_mode', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|skipped|unknown_event_type', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|telematica|accepted|', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|telemax|accepted|unmapped_vehicle', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency_sum', 174);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency|100', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency|50', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|smartcar', 3);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|telematica', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|telemax', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'refused|telemax|live|missing_header', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|delivered', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|refused', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|retry', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'dead|telematica', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'delivered|smartcar', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'event|smartcar|accepted|', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'event|smartcar|skipped|test_mode', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'event|smartcar|skipped|unknown_event_type', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'event|telematica|accepted|', 2);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'event|telemax|accepted|unmapped_vehicle', 1);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'received|smartcar', 3);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'received|telematica', 2);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'received|telemax', 2);
INSERT INTO counts (minute, name, n) VALUES (29921844, 'refused|telemax|live|missing_header', 1);
INSERT INTO marks (name, at) VALUES ('accepted|smartcar|live', 1795310671017);
INSERT INTO marks (name, at) VALUES ('accepted|smartcar|test', 1795310671000);
INSERT INTO marks (name, at) VALUES ('accepted|telematica|live', 1795310671028);
INSERT INTO marks (name, at) VALUES ('accepted|telemax|live', 1795310670854);
INSERT INTO marks (name, at) VALUES ('key|smartcar|0', 1795310671017);
INSERT INTO marks (name, at) VALUES ('key|telematica|0', 1795310671028);
INSERT INTO marks (name, at) VALUES ('key|telemax|0', 1795310670856);
INSERT INTO marks (name, at) VALUES ('refused|telemax|live', 1795310671050);
INSERT INTO refusals (id, provider, refusal) VALUES (1, 'telemax', '{"time":"2026-11-22T01:24:31.050Z","provider":"telemax","code":"missing_header","mode":"live","size":2,"headers":["accept","accept-encoding","accept-language","cf-connecting-ip","content-length","content-type","host","sec-fetch-mode","user-agent"]}');
