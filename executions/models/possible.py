"""Which facts of an execution are possible, and how its SLA clock goes, told to the database.

One trigger instead of a dozen CHECK constraints and trigger conditions: PostgreSQL reads each of those anew from its
catalogue in every statement, which took a tenth of a step; a trigger's function is compiled once per connection
(docs/decisions/0009-one-guard-on-the-hot-row.md).
"""

POSSIBLE_FACTS = """
IF TG_OP = 'INSERT' THEN
    IF NEW.open_holds <> 0 OR NEW.open_suspensions <> 0 OR NEW.breakpoints <> '{}' THEN
        RAISE EXCEPTION 'the counters of execution % follow its holds and questions', NEW.id;
    END IF;
ELSIF OLD.outcome IS NOT NULL THEN
    IF OLD.outcome IN ('succeeded', 'cancelled') THEN
        RAISE EXCEPTION 'execution % has % and can never change', OLD.id, OLD.outcome;
    END IF;
    -- A failed run keeps its outcome under amends; only a retry, which starts a new attempt, may lift it.
    IF NEW.outcome IS DISTINCT FROM 'failed' AND (NEW.outcome IS NOT NULL OR NEW.lease_until IS NOT NULL) THEN
        RAISE EXCEPTION 'execution % has failed; retry is the only way on', OLD.id;
    END IF;
END IF;
impossible := CASE
    WHEN (NEW.outcome IS NULL) <> (NEW.finished_at IS NULL) THEN 'outcome and finish time go together'
    WHEN (NEW.lease_until IS NULL) <> (NEW.owner IS NULL) THEN 'a lease has an owner, and an owner a lease'
    WHEN NEW.priority NOT BETWEEN 0 AND 9 THEN 'priority is 0 to 9'
    WHEN least(NEW.open_holds, NEW.open_suspensions, NEW.steps_done, NEW.attempt, NEW.interrupted) < 0
        THEN 'counts are not negative'
    WHEN NEW.outcome IS NULL THEN NULL
    WHEN NEW.outcome NOT IN ('succeeded', 'failed', 'cancelled') THEN 'no such outcome'
    WHEN NEW.lease_until IS NOT NULL THEN 'a finished run has no lease'
    WHEN (NEW.outcome = 'cancelled') <> (NEW.cancel_requested_at IS NOT NULL)
        THEN 'a run ends as cancelled if and only if somebody asked for it'
    WHEN NEW.outcome = 'succeeded' AND NEW.ahead <> '{}' THEN 'a run that succeeded has no step ahead'
END;
IF impossible IS NOT NULL THEN
    RAISE EXCEPTION 'execution %: %', NEW.id, impossible USING ERRCODE = 'check_violation';
END IF;
-- The SLA clock: it stands while people think, and nothing but these lines moves it. `sla_left` may be written, to give
-- more time; `sla_due` follows from it, whatever a statement says. The state is generated after this trigger, so the
-- facts it comes from are asked.
IF NEW.sla_left IS NOT NULL THEN
    ran := TG_OP = 'UPDATE' AND OLD.sla_due IS NOT NULL;
    runs := NEW.outcome IS NULL AND NEW.cancel_requested_at IS NULL AND (
        NEW.lease_until IS NOT NULL
        OR (NEW.open_holds = 0 AND NEW.open_suspensions = 0
            AND NOT coalesce(NEW.ahead[1] = ANY (NEW.breakpoints), false)
            -- Before its first claim a run waits for its time, not for us.
            AND (NEW.not_before IS NULL OR NEW.epoch > 0)));
    -- A run that leaves the queue gets back the seconds in which a freeze kept it there; see gates.FROZEN_SECONDS.
    IF ran AND OLD.lease_until IS NULL AND (NEW.lease_until IS NOT NULL OR NOT runs) THEN
        NEW.sla_left := NEW.sla_left + coalesce((
            SELECT sum(extract(epoch FROM upper(span) - lower(span))) FROM unnest((
                SELECT range_agg(tstzrange(greatest(placed_at, OLD.state_since), coalesce(lifted_at, 'infinity'))
                                 * tstzrange(OLD.state_since, clock_timestamp()))
                FROM executions_freeze
                WHERE (workflow IS NULL OR workflow = OLD.workflow) AND OLD.labels @> labels
                  AND (lifted_at IS NULL OR lifted_at > OLD.state_since))) AS span
            WHERE NOT isempty(span)), 0);
    END IF;
    IF runs AND ran THEN
        NEW.sla_due := OLD.sla_due + (NEW.sla_left - OLD.sla_left) * interval '1 second';
    ELSIF runs THEN
        NEW.sla_due := clock_timestamp() + NEW.sla_left * interval '1 second';
    ELSE
        IF ran THEN
            NEW.sla_left := NEW.sla_left - OLD.sla_left + extract(epoch FROM OLD.sla_due - clock_timestamp());
        END IF;
        NEW.sla_due := NULL;
    END IF;
ELSIF NEW.sla_due IS NOT NULL THEN
    NEW.sla_due := NULL;
END IF;
RETURN NEW;
"""
