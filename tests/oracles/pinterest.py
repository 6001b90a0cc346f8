#!/usr/bin/env python3
"""The results of examples/pinterest, worked out in plain Python: pinterest.py DATA_FOLDER prints them as JSON."""
import collections
import json
import pathlib
import statistics
import sys

PLACEHOLDERS = {"No Title Data Available", "User Info Error", "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e", "Image src error."}
FACTORS = {"k": 1_000, "M": 1_000_000}
POST_YEARS = range(2018, 2023)
JOIN_YEARS = range(2015, 2021)
USER_FIELDS = {"ind", "first_name", "last_name", "age", "date_joined"}


def followers(text):
    if text in PLACEHOLDERS:
        return None
    return int(text[:-1]) * FACTORS[text[-1]] if text[-1] in FACTORS else int(text)


def age_group(age):
    for low, high, name in ((18, 24, "18-24"), (25, 35, "25-35"), (36, 50, "36-50")):
        if low <= age <= high:
            return name
    return "50+" if age > 50 else None


def year(text):
    return int(text[:4])


def best(counts):
    """The key with the most; of several the first by name."""
    return min(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def top_categories(pairs, name):
    counts = collections.defaultdict(collections.Counter)
    for group, category in pairs:
        counts[group][category] += 1
    rows = []
    for group in sorted(counts):
        category, count = best(counts[group])
        rows.append({name: group, "category": category, "category_count": count})
    return rows


def medians(posters, names, key):
    groups = collections.defaultdict(list)
    for one in posters:
        groups[key(one)].append(one["followers"])
    rows = []
    for group in sorted(groups):
        known = [count for count in groups[group] if count is not None]
        rows.append({**dict(zip(names, group)), "median_follower_count": statistics.median(known) if known else None})
    return rows


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def results(folder):
    """Of the events as they are posted, and of the dump of the users' topic."""
    folder = pathlib.Path(folder) / "pinterest"
    events = lines(folder / "events_in_posting_order.jsonl")
    dump = json.loads((folder / "misposted_user_topic.json").read_text(encoding="utf-8"))
    pins = {one["pin"]["index"]: one["pin"] for one in events}
    places = {one["geo"]["ind"]: one["geo"] for one in events}
    users = {one["user"]["ind"]: one["user"] for one in events}
    misposted = [one["value"] for one in dump if set(one["value"]) != USER_FIELDS]
    users.update({one["value"]["ind"]: one["value"] for one in dump if set(one["value"]) == USER_FIELDS})
    return {
        "records": {"pins": len(events), "places": len(events), "users": len(events) + len(dump) - len(misposted)},
        "rows": {"pin": len(pins), "geo": len(places), "member": len(users)},
        "misposted": len(misposted), "cleaned": cleaned(pins, places, users),
        **answers(pins, places, users),
    }


def results_of_tables(folder):
    """Of the three tables that the emulator draws from, whole: what `tests:` of the example are given."""
    folder = pathlib.Path(folder) / "pinterest"
    pins, places, users = ({one[key]: one for one in lines(folder / name)} for name, key in (
        ("pinterest_data.jsonl", "index"), ("geolocation_data.jsonl", "ind"), ("user_data.jsonl", "ind")))
    return answers(pins, places, users)


def stamp(text):
    return text.replace(" ", "T") + "Z"


def text_or_null(text):
    return None if text in PLACEHOLDERS or text.startswith("No description available") else text


def cleaned(pins, places, users):
    """The three tables as the example keeps them."""
    return {
        "pin": [{"ind": ind, **{name: pin[name] for name in ("unique_id", "is_image_or_video", "category")},
                 **{name: text_or_null(pin[name]) for name in ("title", "description", "poster_name", "tag_list", "image_src")},
                 "follower_count": followers(pin["follower_count"]), "save_location": pin["save_location"].removeprefix("Local save in ")}
                for ind, pin in sorted(pins.items())],
        "geo": [{"ind": ind, "country": place["country"], "coordinates": [place["latitude"], place["longitude"]],
                 "timestamp": stamp(place["timestamp"])} for ind, place in sorted(places.items())],
        "member": [{"ind": ind, "user_name": "%(first_name)s %(last_name)s" % user, "age": user["age"], "date_joined": stamp(user["date_joined"])}
                   for ind, user in sorted(users.items())],
    }


def answers(pins, places, users):
    posted = [(pin, places[ind]) for ind, pin in pins.items() if ind in places]
    most = collections.defaultdict(dict)
    for pin, place in posted:
        count = followers(pin["follower_count"])
        if pin["poster_name"] not in PLACEHOLDERS and count is not None:
            of = most[place["country"]]
            of[pin["poster_name"]] = max(count, of.get(pin["poster_name"], 0))
    top_users = [{"country": country, "poster_name": best(most[country])[0], "follower_count": best(most[country])[1]} for country in sorted(most)]
    posters = [{"category": pin["category"], "followers": followers(pin["follower_count"]), "group": age_group(users[ind]["age"]),
                "joined": year(users[ind]["date_joined"])} for ind, pin in pins.items() if ind in users]
    grouped = [one for one in posters if one["group"]]
    joined = collections.Counter(year(one["date_joined"]) for one in users.values())
    top = min(top_users, key=lambda row: (-row["follower_count"], row["country"]))
    return {
        "top_category_per_country": top_categories(((place["country"], pin["category"]) for pin, place in posted), "country"),
        "top_category_per_year": top_categories(((year(place["timestamp"]), pin["category"]) for pin, place in posted
                                                 if year(place["timestamp"]) in POST_YEARS), "post_year"),
        "top_user_per_country": top_users,
        "country_of_top_user": {"country": top["country"], "follower_count": top["follower_count"]},
        "top_category_per_age_group": top_categories(((one["group"], one["category"]) for one in grouped), "age_group"),
        "median_followers_per_age_group": medians(grouped, ["age_group"], lambda one: (one["group"],)),
        "users_joined_per_year": [{"join_year": at, "number_users_joined": joined[at]} for at in JOIN_YEARS if joined[at]],
        "median_followers_per_join_year": medians([one for one in posters if one["joined"] in JOIN_YEARS], ["join_year"],
                                                  lambda one: (one["joined"],)),
        "median_followers_per_age_group_and_join_year": medians([one for one in grouped if one["joined"] in JOIN_YEARS],
                                                                ["age_group", "join_year"], lambda one: (one["group"], one["joined"])),
    }


if __name__ == "__main__":
    json.dump(results(sys.argv[1]), sys.stdout, indent=1)
    print()
