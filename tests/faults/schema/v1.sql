-- A lane of version 0.1.0, as it lay on disk: schema 1, with an event in each state. The platform's own tables
-- are left out. Never changed: what later versions read has to be what that one wrote.

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
    );
CREATE INDEX events_due ON events (state, due_at, provider);
CREATE INDEX events_vehicle ON events (vehicle, seq);
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
INSERT INTO meta (name, value) VALUES ('lane', '0');
INSERT INTO meta (name, value) VALUES ('schema', '1');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history) VALUES (1795301971076000, 'smartcar', 'v-delivered', NULL, 'u-1', 'VEHICLE_STATE', 'delivered', NULL, 'a87566ac-8730-4c30-b62e-f5d3fdb3bf2b', 1795301969068, 1795301971072, 1795906771120, 1, 1795301971120, 1, '{"provider":"smartcar","vehicle":"v-delivered","user":"u-1","type":"VEHICLE_STATE","mode":"live","provider_event_id":"a87566ac-8730-4c30-b62e-f5d3fdb3bf2b","received_at":"2026-11-21T22:59:31.072Z","moment":"PERIODIC","event_ts":"2026-11-21T22:59:29.068Z","time_source":"provider","position":{"latitude":71.196022,"longitude":-19.336385},"repeats_position":true,"vin":"TST119D82D15BE77C"}', '{"event_type":"PERIODIC","event_ts":"2026-11-21T22:59:29.068Z","chassis_number":"TST119D82D15BE77C","source":{"provider":"smartcar","device_id":"v-delivered","provider_event_id":"a87566ac-8730-4c30-b62e-f5d3fdb3bf2b","provider_received_ts":"2026-11-21T22:59:31.072Z"},"position":{"latitude":71.196022,"longitude":-19.336385}}', '[{"duration_ms":25,"error":null,"reply":"{}","status":202,"time":"2026-11-21T22:59:31.095Z"}]');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history) VALUES (1795301971167000, 'telemax', 'v-unmapped', NULL, NULL, 'Ignition', 'unmapped', 'unmapped_vehicle', 'tmx-deb2cfe59418efb18f51d09e812b8eb6b10a9d17f0d13317b2c39dc495fb9b38', 1795301970000, 1795301971165, 1795302019533, 0, 1795301971167, 0, '{"provider":"telemax","vehicle":"v-unmapped","type":"Ignition","mode":"live","provider_event_id":"tmx-deb2cfe59418efb18f51d09e812b8eb6b10a9d17f0d13317b2c39dc495fb9b38","delivery_id":"c4a7783d-be9d-4573-946d-5a8d25f0c80f","received_at":"2026-11-21T22:59:31.165Z","moment":"IGNITION_ON","event_ts":"2026-11-21T22:59:30Z","time_source":"provider","position":{"latitude":-53.207213,"longitude":72.298296},"ignition":{"value":true,"at":"2026-11-21T22:59:30Z"}}', NULL, '[]');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history) VALUES (1795301971184000, 'telematica', 'v-dead', NULL, NULL, 'vehicle.soc', 'dead', 'refused_by_cartrack', 'msg_0048c48c-d8d7-4431-93d2-efe4195e3eda', 1795301969178, 1795301971183, 1797893971199, 1, 1795301971199, 1, '{"provider":"telematica","vehicle":"v-dead","type":"vehicle.soc","mode":"live","provider_event_id":"msg_0048c48c-d8d7-4431-93d2-efe4195e3eda","received_at":"2026-11-21T22:59:31.183Z","moment":"PERIODIC","event_ts":"2026-11-21T22:59:29.178Z","time_source":"provider","position":{"latitude":-13.517991,"longitude":-169.186999},"repeats_position":true,"vin":"TSTC6ABC300F9952B"}', '{"event_type":"PERIODIC","event_ts":"2026-11-21T22:59:29.178Z","chassis_number":"TSTC6ABC300F9952B","source":{"provider":"telematica","device_id":"v-dead","provider_event_id":"msg_0048c48c-d8d7-4431-93d2-efe4195e3eda","provider_received_ts":"2026-11-21T22:59:31.183Z"},"position":{"latitude":-13.517991,"longitude":-169.186999}}', '[{"duration_ms":6,"error":null,"reply":"{}","status":422,"time":"2026-11-21T22:59:31.193Z"}]');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history) VALUES (1795301971241000, 'smartcar', 'v-test', NULL, '917b2ab1-ff15-4deb-8ddc-fa612068a1d3', 'VEHICLE_STATE', 'skipped', 'test_mode', 'f75afef7-4fb8-4bfb-a337-c999d8b9d544', 1795301969238, 1795301971240, 1795906771241, 0, NULL, 0, '{"provider":"smartcar","vehicle":"v-test","user":"917b2ab1-ff15-4deb-8ddc-fa612068a1d3","type":"VEHICLE_STATE","mode":"test","provider_event_id":"f75afef7-4fb8-4bfb-a337-c999d8b9d544","received_at":"2026-11-21T22:59:31.240Z","moment":"PERIODIC","event_ts":"2026-11-21T22:59:29.238Z","time_source":"provider","position":{"latitude":-60.706634,"longitude":-13.094675},"repeats_position":true,"vin":"TST54C3A546E3432B","skip":"test_mode"}', NULL, '[]');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history) VALUES (1795301971254000, 'telematica', 'v-pending', NULL, NULL, 'vehicle.soc', 'pending', NULL, 'msg_4b3c505f-8b70-47fb-8893-a545b74c0790', 1795301969250, 1795301971253, 1795301976931, 1, 1795301971268, 1, '{"provider":"telematica","vehicle":"v-pending","type":"vehicle.soc","mode":"live","provider_event_id":"msg_4b3c505f-8b70-47fb-8893-a545b74c0790","received_at":"2026-11-21T22:59:31.253Z","moment":"PERIODIC","event_ts":"2026-11-21T22:59:29.250Z","time_source":"provider","position":{"latitude":36.318327,"longitude":167.45569},"repeats_position":true,"vin":"TSTD21A165D81BA9E"}', '{"event_type":"PERIODIC","event_ts":"2026-11-21T22:59:29.250Z","chassis_number":"TSTD21A165D81BA9E","source":{"provider":"telematica","device_id":"v-pending","provider_event_id":"msg_4b3c505f-8b70-47fb-8893-a545b74c0790","provider_received_ts":"2026-11-21T22:59:31.253Z"},"position":{"latitude":36.318327,"longitude":167.45569}}', '[{"duration_ms":7,"error":null,"reply":"{}","status":503,"time":"2026-11-21T22:59:31.261Z"}]');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('smartcar', 'v-delivered', 'TST119D82D15BE77C');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('telematica', 'v-dead', 'TSTC6ABC300F9952B');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('telematica', 'v-pending', 'TSTD21A165D81BA9E');
INSERT INTO seen (key, seq) VALUES ('586052351c24f0d4eb63efba90a87524', 1795301971254000);
INSERT INTO seen (key, seq) VALUES ('7e00f273a7dd7b7e2a9df786873c090c', 1795301971076000);
INSERT INTO seen (key, seq) VALUES ('82d870ed6550d70bc02173caf09fa930', 1795301971076000);
INSERT INTO seen (key, seq) VALUES ('a6f0532bf720a598e4a455fa23370351', 1795301971254000);
INSERT INTO seen (key, seq) VALUES ('bea6ac02b75e3b85f194c71b13e87cb3', 1795301971184000);
INSERT INTO seen (key, seq) VALUES ('c369b960491c5cafddcaf509cebce88e', 1795301971167000);
INSERT INTO seen (key, seq) VALUES ('c7381f29f379bc16f8908c558476653f', 1795301971184000);
INSERT INTO seen (key, seq) VALUES ('ce210b08e31994dff019286e68036ad7', 1795301971241000);
INSERT INTO seen (key, seq) VALUES ('e3bcb9a3358813184058ac5799a4e9e9', 1795301971167000);
INSERT INTO counts (minute, name, n) VALUES (0, 'dead|telematica', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'delivered|smartcar', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|accepted|', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|skipped|test_mode', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|telematica|accepted|', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|telemax|accepted|unmapped_vehicle', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency_sum', 38);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency|50', 3);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|smartcar', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|telematica', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|telemax', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'refused|telemax|live|missing_header', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|delivered', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|refused', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|retry', 1);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'dead|telematica', 1);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'delivered|smartcar', 1);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'event|smartcar|accepted|', 1);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'event|smartcar|skipped|test_mode', 1);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'event|telematica|accepted|', 2);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'event|telemax|accepted|unmapped_vehicle', 1);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'received|smartcar', 2);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'received|telematica', 2);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'received|telemax', 2);
INSERT INTO counts (minute, name, n) VALUES (29921699, 'refused|telemax|live|missing_header', 1);
INSERT INTO marks (name, at) VALUES ('accepted|smartcar|live', 1795301971079);
INSERT INTO marks (name, at) VALUES ('accepted|smartcar|test', 1795301971243);
INSERT INTO marks (name, at) VALUES ('accepted|telematica|live', 1795301971255);
INSERT INTO marks (name, at) VALUES ('accepted|telemax|live', 1795301971170);
INSERT INTO marks (name, at) VALUES ('refused|telemax|live', 1795301971228);
INSERT INTO refusals (id, provider, refusal) VALUES (1, 'telemax', '{"time":"2026-11-21T22:59:31.228Z","provider":"telemax","code":"missing_header","mode":"live","size":149,"headers":["accept","accept-encoding","accept-language","cf-connecting-ip","content-length","content-type","host","sec-fetch-mode","user-agent"]}');
