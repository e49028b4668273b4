"""Files of programs that write times of a song: beat grids, labels, markers, lyrics, subtitles."""

from __future__ import annotations

import gzip
import json

AUDACITY = (
    b"0.350000\t16.350000\tVerse 1\n"
    b"\\\t100.000000\t200.000000\n"
    b"16.350000\t16.350000\tdrop\n"
    b"16.350000\t32.350000\tchorus\n"
)
REAPER_MEASURES = b"#,Name,Start,End,Length\nR1,verse,1.1.00,9.1.00,8.0.00\nM1,drop,5.3.50,,\n"
REAPER_CLOCK = (
    b"#,Name,Start,End,Length,Color\r\n"
    b'R1,"verse, soft",0:01.500,0:16.350,0:14.850,FF0000\r\n'
    b"M1,drop,0:05.250,,,\r\n"
)
LRC = (
    b"[ti:Paper boat]\n[ar:Somebody]\n[offset:+100]\n"
    b"[00:04.20]Now it <00:04.60>turns\n[00:12.00][00:20.50]It rests\n"
)
SRT = (
    b"1\n00:00:04,100 --> 00:00:08,000\nNow <i>it</i>\nturns.\n\n"
    b"2\n00:00:08,500 --> 00:00:12,000\nIt rests.\n"
)


def rekordbox(*tracks: str) -> bytes:
    """Return a collection with these tracks."""
    inside = "\n".join(tracks)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<DJ_PLAYLISTS Version="1.0.0">\n'
        '<PRODUCT Name="rekordbox" Version="6.0.0" Company="AlphaTheta"/>\n'
        f'<COLLECTION Entries="{len(tracks)}">\n{inside}\n</COLLECTION>\n'
        '<PLAYLISTS><NODE Type="0" Name="ROOT" Count="0"/></PLAYLISTS>\n</DJ_PLAYLISTS>\n'
    ).encode()


def track(*inside: str, name: str = "Boat", seconds: int = 180) -> str:
    """Return a track of a collection, with its tempi and cues."""
    return (
        f'<TRACK TrackID="1" Name="{name}" Artist="Somebody" TotalTime="{seconds}" '
        f'AverageBpm="128.00" Location="file://localhost/m/boat%20song.wav">{"".join(inside)}'
        "</TRACK>"
    )


def tempo(at: str, bpm: str, metro: str = "4/4", beat: int = 1) -> str:
    """Return a change of tempo of a track."""
    return f'<TEMPO Inizio="{at}" Bpm="{bpm}" Metro="{metro}" Battito="{beat}"/>'


def cue(name: str, start: str, *, kind: int = 0, end: str = "", number: int = 0) -> str:
    """Return a cue or a loop of a track."""
    last = f' End="{end}"' if end else ""
    return (
        f'<POSITION_MARK Name="{name}" Type="{kind}" Start="{start}"{last} Num="{number}" '
        'Red="40" Green="226" Blue="20"/>'
    )


REKORDBOX = rekordbox(
    track(
        tempo("0.025", "128.00"),
        cue("drop", "15.025"),
        cue("hook", "30.025", kind=4, end="37.525", number=1),
    )
)


def ableton_xml(
    locators: tuple[tuple[str, str], ...] = (("32", "Drop"), ("64", "Outro")),
    events: tuple[tuple[str, str], ...] = (),
    *,
    manual: str = "120",
    main: str = "MasterTrack",
) -> bytes:
    """Return the XML of a Live set: locators (time, name), and tempo events (time, value)."""
    found = "".join(
        f'<Locator Id="{number}"><LomId Value="0"/><Time Value="{time}"/><Name Value="{name}"/>'
        '<Annotation Value=""/><IsSongStart Value="false"/></Locator>'
        for number, (time, name) in enumerate(locators)
    )
    values = "".join(
        f'<FloatEvent Id="{number}" Time="{time}" Value="{value}"/>'
        for number, (time, value) in enumerate(events)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Ableton MajorVersion="5" Creator="Ableton Live">'
        f"\n<LiveSet><Tracks><AudioTrack/></Tracks>\n<{main}>"
        '<AutomationEnvelopes><Envelopes><AutomationEnvelope Id="0"><EnvelopeTarget>'
        f'<PointeeId Value="8"/></EnvelopeTarget><Automation><Events>{values}</Events></Automation>'
        "</AutomationEnvelope></Envelopes></AutomationEnvelopes><DeviceChain><Mixer><Tempo>"
        f'<Manual Value="{manual}"/><AutomationTarget Id="8"/></Tempo></Mixer></DeviceChain>'
        f"</{main}>\n<Locators><Locators>{found}</Locators></Locators></LiveSet></Ableton>\n"
    ).encode()


def ableton(*locators: tuple[str, str], events: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return a Live set with locators (time, name) and tempo events (time, value)."""
    return gzip.compress(ableton_xml(locators, events), mtime=0)


ABLETON_XML = ableton_xml(events=(("-63072000", "120"), ("16", "120"), ("32", "140")))


def beatlens(beats: list[float], every: int = 4, **more: object) -> bytes:
    """Return an analysis with these beats, of which each `every`-th is a downbeat."""
    return json.dumps(
        {
            "song_id": "boat",
            "source_file": "boat.wav",
            "duration_sec": 33.0,
            "tempo": {
                "bpm": 120.0,
                "beat_confidence": 0.93,
                "low_confidence_rhythm": False,
                "downbeat_phase_uncertain": False,
            },
            "beats": beats,
            "downbeats": beats[::every],
            "sections": [
                {"start": 0.35, "end": 16.35, "label": "verse"},
                {"start": 16.35, "end": 32.35, "label": "chorus"},
            ],
            "key_estimate": "C minor",
            **more,
        }
    ).encode()


BEATLENS = beatlens([round(0.35 + 0.5 * number, 3) for number in range(64)])
COMPOSITION = json.dumps(
    {
        "events": [
            {"timestamp": 0, "seedId": "sun", "prompt": "A paper boat.", "transition": "cut"},
            {"timestamp": 12.3, "seedId": "sun", "prompt": "It turns.", "transition": "morph"},
            {"timestamp": 20.1, "seedId": "moon", "prompt": "It rests.", "transition": "cut"},
        ],
        "timeOffsetSec": 0,
    }
).encode()

SAMPLES: dict[str, tuple[bytes, ...]] = {
    "ableton": (gzip.compress(ABLETON_XML, mtime=0),),
    "audacity": (AUDACITY,),
    "beatlens": (BEATLENS, COMPOSITION),
    "lrc": (LRC,),
    "reaper": (REAPER_MEASURES, REAPER_CLOCK),
    "rekordbox": (REKORDBOX,),
    "srt": (SRT,),
}
"""Files of each format, by the kind of its reader."""
