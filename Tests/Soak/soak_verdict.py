"""The verdict of the soak: what must be as before, and how far memory may have grown."""

import dataclasses

# Anonymous memory under load, the end against the second minute. The allocator keeps what its
# busiest moment needed, so an end a little higher is no leak; a slope that holds is.
GROWTH_MAX_KIB = 16 * 1024
SLOPE_MAX_KIB_PER_MINUTE = 2 * 1024
SLOPE_MINUTES_MIN = 5.0

MUST_BE_ZERO = ("in_flight", "buffered_bytes", "client_connections", "upstream_connections")


@dataclasses.dataclass
class Verdict:
    findings: list[str]
    lines: list[str]
    values: dict

    @property
    def is_good(self) -> bool:
        return not self.findings

    def print(self) -> None:
        for line in self.lines:
            print(line)
        for finding in self.findings:
            print(f"  NOT GOOD: {finding}")
        print("verdict: " + ("good" if self.is_good else "NOT GOOD"), flush=True)


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def slope_per_minute(samples: list[dict], name: str) -> float:
    """Least squares over the samples."""
    if len(samples) < 2:
        return 0.0
    minutes = [sample["second"] / 60 for sample in samples]
    values = [sample[name] for sample in samples]
    middle, level = mean(minutes), mean(values)
    spread = sum((minute - middle) ** 2 for minute in minutes)
    return sum((minute - middle) * (value - level)
               for minute, value in zip(minutes, values)) / spread


def memory(samples: list[dict], seconds: float) -> dict:
    """Minute 2 against the last; of a shorter run, the second fifth against the last."""
    span = min(60.0, seconds / 5)
    early = [sample["anonymous_kib"] for sample in samples if span <= sample["second"] < 2 * span]
    late = [sample["anonymous_kib"] for sample in samples if sample["second"] >= seconds - span]
    warm = [sample for sample in samples if sample["second"] >= span]
    return {"early_kib": round(mean(early)), "late_kib": round(mean(late)),
            "grown_kib": round(mean(late) - mean(early)),
            "slope_kib_per_minute": round(slope_per_minute(warm, "anonymous_kib")),
            "highest_kib": max((sample["anonymous_kib"] for sample in samples), default=0)}


def judge(run, before: dict, after: dict) -> Verdict:
    """Everything that must hold, each broken one in words."""
    router, account = run.router, run.account
    used = memory(run.samples, run.seconds)
    findings = held_back(before, after)
    findings += [f"{account.failure_count} wrong answers or endings"] * (account.failure_count > 0)
    findings += [f"  {failure}" for failure in account.failures]
    if account.begun != account.ended:
        findings.append(f"{account.begun - account.ended} requests have no end")
    if used["grown_kib"] > GROWTH_MAX_KIB:
        findings.append(f"anonymous memory grew by {used['grown_kib']} KiB")
    if run.options.minutes >= SLOPE_MINUTES_MIN and (
            used["slope_kib_per_minute"] > SLOPE_MAX_KIB_PER_MINUTE):
        findings.append(f"anonymous memory grows by {used['slope_kib_per_minute']} KiB a minute")
    findings += of_the_router(run, after)
    values = {
        "minutes": run.options.minutes, "seed": run.options.seed, "clients": run.options.clients,
        "requests": account.begun, "streams": account.streams, "failures": account.failure_count,
        "by_outcome": account.by_outcome(), "by_kind": account.by_kind(), "memory": used,
        "before": before, "after": after, "swapped": router.swapped, "refused": router.refused,
        "disturbances": run.disturbances, "kills": run.kills,
        "access_records": router.access_records, "findings": findings, "samples": run.samples,
    }
    return Verdict(findings, report(run, values), values)


def held_back(before: dict, after: dict) -> list[str]:
    """What the router holds that it did not hold before."""
    if not after:
        return ["the router does not say what it holds"]
    findings = [f"{name} is {after[name]} when nobody asks" for name in MUST_BE_ZERO
                if after[name] != 0]
    if after["living_tables"] != 1:
        findings.append(f"{after['living_tables']} tables live")
    if len(after["generations"]) != 1:
        findings.append(f"requests hold tables: {after['generations']}")
    if after["fds"] > before["fds"]:
        findings.append(f"{after['fds']} fds, and {before['fds']} before")
    return findings


def of_the_router(run, after: dict) -> list[str]:
    """What the process said, and whether its own account fits."""
    router = run.router
    findings = []
    if not router.is_alive():
        findings.append(f"the router left with {router.process.returncode}: "
                        + " / ".join(router.other_lines[-5:]))
    elif after.get("last_reload", {}).get("result") != "ok":
        findings.append(f"the last, good table was refused: {after.get('last_reload')}")
    grave = [line for line in router.other_lines
             if '"level":"error"' in line or '"level":"critical"' in line or line[:1] != "{"]
    # A line that does not begin as one is torn: two threads wrote at the same time.
    findings += [f"in the log stands: {line}" for line in grave[:5]]
    if router.swapped == 0:
        findings.append("no table was swapped")
    # A head that is refused unread leaves a record too, so there may be more of these.
    recorded = router.access_records + after.get("lost_access_records", 0)
    if after and recorded < after["requests"]:
        findings.append(f"{after['requests']} requests, and {recorded} access records")
    return findings


def report(run, values: dict) -> list[str]:
    before, after, used = values["before"], values["after"], values["memory"]
    lines = [f"after {values['minutes']:g} minutes, seed {values['seed']}:"]
    for kind, outcomes in values["by_kind"].items():
        lines.append(f"  {kind}: " + ", ".join(f"{name} {n}" for name, n in outcomes.items()))
    lines.append(f"  {values['requests']} requests, {values['streams']} streams;"
                 f" {values['access_records']} access records")
    lines.append(f"  {values['swapped']} tables swapped, {sum(values['refused'].values())} refused"
                 f" (file: {values['disturbances']}); an endpoint's process killed"
                 f" {values['kills']} times")
    for name in ("fds", *MUST_BE_ZERO, "living_tables", "anonymous_kib"):
        lines.append(f"  {name}: {before.get(name)} before, {after.get(name)} after")
    lines.append(f"  RssAnon under load: {used['early_kib']} KiB early, {used['late_kib']} KiB"
                 f" late, {used['grown_kib']:+d} KiB (at most {GROWTH_MAX_KIB});"
                 f" slope {used['slope_kib_per_minute']:+d} KiB a minute"
                 f" (at most {SLOPE_MAX_KIB_PER_MINUTE} in a run of"
                 f" {SLOPE_MINUTES_MIN:g} minutes or more); highest {used['highest_kib']} KiB")
    return lines
