"""Invented names: each genre has its words and its ways of putting them together.

A pattern is a line of text whose capitalised slots are filled at random:
`ADJ` adjective, `NOUN` thing, `PLACE` place, `FIRST` and `LAST` a person's names.
"""

import re
from dataclasses import dataclass
from random import Random

_SLOT = re.compile(r"ADJ|NOUN|PLACE|FIRST|LAST")


@dataclass(frozen=True)
class Words:
    """A genre's vocabulary; each field is one string of comma-separated words."""

    adj: str
    noun: str
    place: str
    first: str
    last: str
    artists: str
    albums: str

    def filled(self, pattern: str, rng: Random) -> str:
        """The pattern with every slot filled by a random word."""

        used: set[str] = set()

        def word(slot: "re.Match[str]") -> str:
            choices = _split(getattr(self, slot.group().lower()))
            chosen = rng.choice([choice for choice in choices if choice not in used])
            used.add(chosen)
            return chosen

        return _SLOT.sub(word, pattern)

    def artist(self, rng: Random) -> str:
        """A name for an artist."""
        return self.filled(rng.choice(_split(self.artists)), rng)

    def album(self, rng: Random) -> str:
        """A title for an album."""
        return self.filled(rng.choice(_split(self.albums)), rng)

    def track(self, rng: Random) -> str:
        """A title for a track."""
        patterns = (*_split(self.albums), "ADJ NOUN", "NOUN", "The NOUN", "PLACE NOUN", "ADJ PLACE")
        return self.filled(rng.choice(patterns), rng)


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]


WORDS: dict[str, Words] = {
    "ambient": Words(
        adj="Slow, Pale, Distant, Weightless, Tidal, Quiet, Northern, Hollow, Drifting, Lucid",
        noun="Field, Horizon, Vapour, Lull, Snow, Aurora, Estuary, Silence, Halo, Meridian, Nimbus",
        place="Reykjavík, Tromsø, Skye, Lofoten, Åland, Kyoto, Ísafjörður, The Fens, Uummannaq",
        first="Sólveig, Brian, Hiroko, Léa, Anders, Midori, Nils, Elodie",
        last="Åkerlund, Marsh, Hayashi, Vinter, Lindqvist, Moreau, Grey, Ósk",
        artists="ADJ NOUN, NOUN, FIRST LAST, NOUN & NOUN, The ADJ NOUN",
        albums="Music for PLACE, ADJ NOUN, NOUN Studies, On NOUN, A NOUN in PLACE, Toward the NOUN",
    ),
    "blues": Words(
        adj="Blind, Lonesome, Muddy, Long, Late, Worried, Mean, Crooked, Midnight, Lightnin’",
        noun="River, Train, Whiskey, Moon, Highway, Dog, Rain, Porch, Levee, Key, Shoes, Woman",
        place="Clarksdale, Memphis, Greenwood, Chicago, The Delta, Beale Street, Jackson",
        first="Willie, Elmore, Bessie, Otis, Etta, Sonny, Ruby, Big Joe, Lucille, Hollis",
        last="Tubbs, Crawley, Fallow, Hooks, Weld, Dupree, Mercer, Sykes, Rivers, Boone",
        artists="ADJ FIRST LAST, FIRST LAST, FIRST LAST & the NOUN Band, Little FIRST, PLACE FIRST",
        albums="ADJ NOUN Blues, Goin’ to PLACE, NOUN at Midnight, My ADJ NOUN, Live in PLACE",
    ),
    "classical": Words(
        adj="Grand, Late, Early, Sacred, Complete, Unfinished, Pastoral, Tragic, Posthumous",
        noun="Sonatas, Nocturnes, Requiem, Quartets, Symphony, Variations, Études, Cantatas",
        place="Leipzig, Wien, Zürich, Besançon, Göteborg, Salzburg, Málaga, Prague, Köln",
        first="Johann, Clara, Frédéric, Antonín, Amélie, Ludmila, Félix, Giulia, Heinrich",
        last="Brandauer, Dvorsky, Lefèvre, Rossetti, von Königsau, Halvorsen, Weiß, Fauchère",
        artists="FIRST LAST, LAST Quartet, FIRST LAST, PLACE Philharmonic, LAST & LAST",
        albums="NOUN, ADJ NOUN, NOUN in D minor, The PLACE NOUN, NOUN & NOUN, NOUN Op. 27",
    ),
    "country": Words(
        adj="Dusty, Lonesome, Honky, Faithful, Wild, Blue, Broken, Sweet, Golden, Rambling",
        noun="Saddle, Road, Heart, Prairie, Whiskey, Rodeo, Truck, Ranch, Porch, Boots, Rose",
        place="Nashville, Abilene, Tulsa, Amarillo, Cheyenne, Kentucky, El Paso, Wichita, San José",
        first="Hank, Loretta, Merle, Dolly, Waylon, Tammy, Buck, Emmylou, Clint, June",
        last="Trask, Wheeler, Calhoun, Hayes, Rawlins, Tucker, Boone, McCready, Sutton",
        artists="FIRST LAST, FIRST LAST & the NOUN Riders, The LAST Family, PLACE NOUN Band",
        albums="ADJ NOUN, Back to PLACE, NOUN & NOUN, My ADJ NOUN, PLACE NOUN, One More NOUN",
    ),
    "disco": Words(
        adj="Cosmic, Velvet, Electric, Golden, Midnight, Sweet, Burning, Silver, Nonstop, Glitter",
        noun="Fever, Boogie, Lights, Paradise, Champagne, Delight, Groove, Love, Fantasy, Motion",
        place="Studio 9, Saint-Tropez, Manhattan, Riviera, Rio, Copacabana, Montréal, Ibiza",
        first="Donna, Sylvester, Gloria, Giorgio, Thelma, Cerise, Amanda, Patrice, Évelyne",
        last="Dumont, Gaynes, Fontaine, Moretti, Starr, Bellini, Devine, LaRue",
        artists="FIRST LAST, ADJ NOUN, The ADJ NOUN Orchestra, NOUN Express, FIRST & the NOUN",
        albums="ADJ NOUN, NOUN Tonight, PLACE Nights, Let’s NOUN, Night in PLACE, ADJ ADJ NOUN",
    ),
    "drum and bass": Words(
        adj="Dark, Liquid, Subsonic, Rapid, Modular, Concrete, Neural, Rolling, Amen, Hostile",
        noun="Vector, Pressure, Signal, Reese, Circuit, Jungle, Velocity, Breaks, Unit, Payload",
        place="Bristol, Hackney, Sector 7, Croydon, Orbital, Rotterdam, Block C, São Paulo",
        first="Kode, DJ, MC, Agent, Doc, Zed, Skye, Nova",
        last="Rush, Vektor, Flux, Strike, Ruin, Carbon, Pulse, Quake",
        artists="ADJ NOUN, NOUN, DJ LAST, LAST & LAST, NOUN Unit, FIRST LAST",
        albums="ADJ NOUN, NOUN 174, PLACE NOUN, NOUN Theory, ADJ Systems, NOUN VIP",
    ),
    "folk": Words(
        adj="Old, Green, Wandering, Gentle, Wild, Hollow, Honest, Weathered, Early, Little",
        noun="Sparrow, Willow, Hearth, Meadow, Harvest, Fern, Lantern, Orchard, Thistle, Moss",
        place="Donegal, Dartmoor, Bråtveit, Vermont, Galway, Northumbria, Brittany, Sør-Varanger",
        first="Maeve, Eoin, Joan, Nick, Sørine, Bert, Aoife, Linnéa, Rowan, Martha",
        last="Ashdown, Ó Briain, Fairfield, Thornley, Bergström, Hollis, Dunmore, Marlowe",
        artists="FIRST LAST, The ADJ NOUN, FIRST & FIRST LAST, NOUN & NOUN, NOUN Hollow",
        albums="ADJ NOUN, The NOUN and the NOUN, Songs from PLACE, NOUN Song, Beneath the NOUN",
    ),
    "hip hop": Words(
        adj="Golden, Raw, Real, Hard, Infinite, Supreme, Crooked, Ruthless, Heavy, Certified",
        noun="Crown, Block, Paper, Chain, Cipher, Legend, Hustle, Throne, Corner, Tape, Empire",
        place="Brooklyn, Compton, The Bronx, Houston, Queens, Southside, Marseille, Oakland",
        first="Big, Young, MC, Lil, DJ, King, Lady, Queen, Kid, Grand",
        last="Prophet, Rhyme, Diesel, Cash, Legacy, Verse, Marvel, Saint, Tremaine, Deluxe",
        artists="FIRST LAST, FIRST LAST, NOUN Clan, ADJ NOUN, The NOUN Squad, LAST of PLACE",
        albums="ADJ NOUN, NOUN of PLACE, The NOUN Tape, Straight Outta PLACE, NOUN Season, NOUN",
    ),
    "jazz": Words(
        adj="Cool, Blue, Round, Quiet, Hard, Modal, Late, Soft, Oblique, Free",
        noun="Train, Dolphin, Dialogue, Corner, Avenue, Reverie, Waltz, Mood, Stroll, Outlook",
        place="Harlem, Newport, Montmartre, Village Gate, 52nd Street, Antibes, Malmö, Pigalle",
        first="Thelma, Art, Horace, Dexter, Wes, Hank, Mary Lou, Stéphane, Lee, Freddie",
        last="Blanding, Holloway, Montrose, Tarrow, Desmarais, Peck, Shaw, Lindström, Gray",
        artists="FIRST LAST, FIRST LAST, The FIRST LAST Trio, FIRST LAST Quintet, LAST + LAST",
        albums="ADJ NOUN, NOUN in PLACE, ADJ Outlook, The ADJ NOUN, NOUN & NOUN, At the PLACE",
    ),
    "k-pop": Words(
        adj="Lovely, Dreamy, Fancy, Sweet, Sparkling, Secret, Cherry, Neon, Pink, Magic",
        noun="Blossom, Candy, Planet, Diary, Kiss, Melody, Universe, Heartbeat, Star, Wish",
        place="Seoul, Hongdae, Wonderland, Jeju, Lumière, Gangnam, Étoile, Dream Café",
        first="LUMI, NOVA, ARIA, BÉBÉ, MIRAE, HARU, LUX, VIVI",
        last="TIX, 5, GIRLS, X, BOYZ, ONE, TEEN, LIGHT",
        artists="FIRSTLAST, FIRST, FIRST & FIRST, ADJ NOUN, NOUN 9, FIRST LAST",
        albums="ADJ NOUN, NOUN Diary, My ADJ NOUN, NOUN!, Hello NOUN, PLACE Days",
    ),
    "psychedelic rock": Words(
        adj="Electric, Crimson, Infinite, Marmalade, Liquid, Paisley, Cosmic, Velvet, Technicolor",
        noun="Mushroom, Carousel, Elephant, Sunshine, Mirror, Sitar, Caterpillar, Tangerine",
        place="Haight Street, Xanadu, Marrakech, Saturn, Canterbury, Shangri-La, Tangier",
        first="Syd, Roky, Grace, Arlo, Janis, Donovan, Lysander, Ginger",
        last="Barleycorn, Moonchild, Elderflower, Slate, Fairweather, Öberg, Popplewell",
        artists="The ADJ NOUN, ADJ NOUN Machine, FIRST LAST, The NOUN Experience, NOUN Parade",
        albums="ADJ NOUN, Journey to PLACE, The NOUN’s Dream, NOUN of the ADJ Mind, After NOUN",
    ),
    "punk": Words(
        adj="Dead, Filthy, Bored, Rotten, Nervous, Rude, Angry, Useless, Broken, Cheap",
        noun="Rats, Riot, Trash, Nation, Brats, Vandals, Static, Hate, Noise, Curfew, Scum, Youth",
        place="London, Bowery, Belfast, Suburbia, Croydon, Berlin, Orange County, Düsseldorf",
        first="Johnny, Siouxsie, Dee, Poly, Sid, Exene, Jello, Vi",
        last="Razor, Vomit, Spite, Grim, Viper, Ruckus, Zero, Bile",
        artists="The NOUN, ADJ NOUN, The ADJ NOUN, FIRST LAST, NOUN NOUN, PLACE NOUN",
        albums="No NOUN, ADJ NOUN, NOUN in PLACE, Never Mind PLACE, NOUN!, Up Yours PLACE",
    ),
    "reggae": Words(
        adj="Natty, Rootical, Golden, Righteous, Burning, Conquering, Mighty, Sweet, Irie, Rising",
        noun="Lion, Dub, Roots, Sunshine, Zion, Riddim, Drum, Harvest, Rockers, Dawn, Vibration",
        place="Kingston, Trenchtown, Addis, Negril, Montego Bay, Babylon, Port Antonio, Brixton",
        first="Winston, Marcia, Prince, Augustus, Jah, Delroy, Sister, Toots, Ras",
        last="Campbell, Levy, Irie, Hallard, Livingston, Selah, Bright, Inward",
        artists="FIRST LAST, FIRST LAST & the NOUN, The ADJ NOUN, PLACE NOUN, Jah LAST",
        albums="ADJ NOUN, NOUN of PLACE, PLACE NOUN, NOUN & NOUN, Rise Up NOUN, Dub from PLACE",
    ),
    "synthwave": Words(
        adj="Neon, Midnight, Chrome, Turbo, Laser, Retro, Electric, Future, Violet, Digital",
        noun="Runner, Horizon, Sunset, Arcade, Drive, Cruiser, Skyline, Vector, Phantom, Voltage",
        place="Miami, Pacific, Neo Tokyo, Sector 84, Ocean Drive, Los Ángeles, Outrun City",
        first="Kavi, Max, Dana, Lance, Renée, Rex, Jade, Ace",
        last="Magnum, Carrera, Velocity, Nakamura, Stryker, Delorme, Steele",
        artists="ADJ NOUN, NOUN 84, FIRST LAST, ADJ NOUN, The ADJ NOUN, PLACE NOUN",
        albums="ADJ NOUN, NOUN 1986, PLACE Nights, ADJ Drive, Beyond the NOUN, Return to PLACE",
    ),
    "techno": Words(
        adj="Linear, Static, Binary, Minimal, Tonal, Parallel, Serial, Cyclic, Null, Orthogonal",
        noun="Modul, Phase, Kontrol, Sequence, Matrix, Delta, Raster, Function, Grid, Impuls",
        place="Detroit, Tresor, Köln, Rotterdam, Warehouse 3, Zürich, Basement, Gdańsk",
        first="Jeff, Ellen, Surge, Robert, Nina, Kobosil, Ida, Dax",
        last="Voigt, Müller, Hauk, Rehm, Kraftner, Åberg, Null, Krell",
        artists="NOUN, ADJ NOUN, FIRST LAST, NOUN NOUN, LAST, NOUN 02",
        albums="NOUN, ADJ NOUN, NOUN EP, NOUN I–IV, PLACE NOUN, NOUN Function",
    ),
    "thrash metal": Words(
        adj="Infernal, Savage, Violent, Toxic, Merciless, Bloody, Iron, Rabid, Nuclear, Morbid",
        noun="Slaughter, Hammer, Torment, Wrath, Cathedral, Carnage, Venöm, Reaper, Dawn",
        place="Hell, Golgotha, Chernobyl, The Abyss, Gehenna, Armageddon, Valhalla, Gomorrah",
        first="Axe, Razor, Kreuz, Chain, Skull, Steel, War, Doom",
        last="törment, breaker, grinder, reaver, storm, lord, fang, wrath",
        artists="NOUN, ADJ NOUN, FIRSTLAST, FIRSTLAST, NOUN of PLACE, ADJ FIRST",
        albums="ADJ NOUN, NOUN of PLACE, Gates of PLACE, Born to NOUN, ADJ ADJ NOUN, NOUN Divine",
    ),
}
