"""The stock of words that all genres' invented titles share, by how they stand in a title.

Each slot names a kind of word: what can be counted and takes an article (`ONE`), what cannot
(`STUFF`), several (`MANY`), what is done to something (`DOING`), on a way (`GOING`), or by oneself
(`BEING`). `THING` is any that may stand for itself.
"""

from __future__ import annotations

ONE = (
    "Window, Garden, Letter, Mirror, Candle, Harbour, Bridge, Winter, Summer, Tower, Valley, "
    "Stone, Feather, Ribbon, Engine, Radio, Satellite, Island, Lighthouse, Kingdom, Shadow, "
    "Stranger, Sister, Brother, Mother, Father, Ghost, Machine, Telephone, Photograph, Anchor, "
    "Compass, Ocean, Desert, Mountain, City, Street, Station, Door, Key, Clock, Morning, Evening, "
    "Night, Season, Promise, Secret, Story, Song, Dance, Echo, Crown, Knife, Wire, Tide, Wave, "
    "Storm, Cloud, Star, Comet, Planet, Moon, Sun, Horse, Wolf, Fox, Crow, Swallow, Moth, Spider, "
    "Whale, Orchid, Cedar, Border, Exile, Pilgrim, Soldier, Sailor, Dancer, Angel, Devil, Fool, "
    "Hunter, Staircase, Balcony, Postcard, Suitcase, Carnival, Museum, Orchestra, Umbrella, "
    "Typewriter, Parade, River, Forest, Field, Road, Ladder, Needle, Lantern, Bell, Cathedral, "
    "Hotel, Circus, Daughter, Doctor, Captain, Queen, Thief, Neighbour, Prophet, Passenger, "
    "Astronaut, Gardener, Heron, Tiger, Sparrow, Salmon, Rabbit, Elevator, Aeroplane, Bicycle, "
    "Ferry, Tunnel, Factory"
).split(", ")
STUFF = (
    "Dust, Fire, Thunder, Water, Gravity, Electricity, Silence, Glass, Silver, Iron, Paper, "
    "Smoke, Salt, Honey, Blood, Ivy, Gold, Snow, Rain, Sand, Velvet, Amber, Copper, Concrete, "
    "Static, Daylight, Moonlight, Starlight, Medicine, Poison, Sugar, Coffee, Wine, Laughter, "
    "Trouble, Mercy, Glory, Hope, Sorrow, Patience, Distance, Memory, Weather, Fog, Frost, Rust, "
    "Ink, Oil, Love, Time, Money, Freedom, Desire, Wonder, Fortune, Luck, Shame, Grace, Tomorrow, "
    "Nothing"
).split(", ")
MANY = (
    "Windows, Letters, Mirrors, Bridges, Winters, Summers, Stones, Feathers, Islands, Shadows, "
    "Strangers, Sisters, Brothers, Ghosts, Machines, Photographs, Mountains, Cities, Streets, "
    "Doors, Keys, Clocks, Mornings, Nights, Seasons, Promises, Secrets, Stories, Songs, Waves, "
    "Clouds, Stars, Planets, Horses, Wolves, Crows, Swallows, Spiders, Sailors, Dancers, Angels, "
    "Devils, Fools, Hands, Eyes, Bones, Ashes, Children, Rivers, Roads, Miles, Days, Years, "
    "Wires, Lanterns, Bells, Thieves, Neighbours, Passengers, Tigers, Sparrows, Words, Wishes, "
    "Dreams"
).split(", ")
MOODS = (
    "Lost, Last, First, Little, Broken, Empty, Open, Secret, Silent, Sleeping, Burning, Falling, "
    "Frozen, Distant, Familiar, Foreign, Gentle, Hidden, Hungry, Innocent, Invisible, Lonely, "
    "Lucky, Modern, Naked, Narrow, New, Ordinary, Paper, Perfect, Plastic, Private, Red, "
    "Restless, Second, Shallow, Simple, Sudden, Tender, Thin, Tired, Twisted, Unknown, White, "
    "Black, Yellow, Wooden, Young, Bitter, Brave, Careless, Crowded, Deep, Endless, Faithless, "
    "Half-Forgotten, Golden, Silver, Blue, Green, Grey, Scarlet, Crystal, Electric, Ancient, "
    "Patient, Reckless, Wild, Quiet, Heavy, Holy, Borrowed, Stolen, Painted, Spinning, Shining, "
    "Vanishing, Midnight"
).split(", ")
DOING = (
    "Chasing, Counting, Holding, Losing, Hiding, Building, Burning, Breaking, Leaving, Learning, "
    "Stealing, Painting, Following, Finding, Watching, Naming, Crossing, Catching, Forgetting, "
    "Remembering, Saving, Feeding, Climbing, Carrying, Selling, Mending, Moving, Against, Beyond, "
    "Beneath, After, Before, Behind, Beside, Under, Above, Through, Without, Goodbye to, Ode to"
).split(", ")
GOING = (
    "Running, Walking, Driving, Drifting, Floating, Falling, Crawling, Sailing, Flying, Riding, "
    "Marching, Wandering, Travelling, Dancing, Hurrying, Coming Back, Postcards, All the Way"
).split(", ")
BEING = (
    "Waiting, Dreaming, Sleeping, Singing, Drowning, Breathing, Shaking, Fading, Rising, Dancing, "
    "Talking, Burning, Falling, Listening, Whispering, Turning, Crying, Laughing, Shining, Lost, "
    "Alone, Alive, Awake, Gone, Lonely, Dying, Disappearing, Kissing, Growing Old, Standing Still"
).split(", ")
DO = (
    "Run, Wait, Fall, Dream, Leave, Breathe, Sing, Walk, Stay, Burn, Sleep, Talk, Drive, Dance, "
    "Hide, Turn, Float, Rise, Shine, Move, Remember, Forget, Believe, Surrender, Come Home, Let "
    "Go, Listen, Fly, Begin Again, Hold On, Look Back, Give In, Come Closer, Disappear, Follow, "
    "Laugh, Cry, Try, Lie, Fight, Jump, Swim, Grow, Whisper, Change, Stand Still, Fade Away, "
    "Carry On"
).split(", ")
WHEN = (
    "Tonight, Tomorrow, Again, at Dawn, at Midnight, in June, in November, After Dark, at Noon, "
    "in the Morning, Before the War, All Night Long, on Sunday, One Last Time, Forever, for a "
    "While, at Last, in Spring, in the Dark, Before Dawn, in Winter, on a Monday, Every Day, "
    "After All"
).split(", ")
WHERE = (
    "in the Rain, on the Roof, by the River, Under the Bridge, in the Kitchen, Across the Border, "
    "Behind the Wall, on the Line, in the Mirror, Over the Hills, Down the Road, Inside, Below "
    "Zero, by the Sea, in the Garden, at the Station, in the Hall, on the Shore, Under the Stars, "
    "Out of Town, in the Next Room, on the Stairs, Beyond the Trees, in the Snow, Upstairs"
).split(", ")
NUMBERS = "Two, Three, Four, Five, Seven, Nine, Ten, Twelve, Forty, A Hundred, A Thousand".split(
    ", "
)
DAYS = "Monday, Tuesday, Thursday, Friday, Saturday, Sunday, April, August, October".split(", ")

FIRST = (
    "Anna, Clara, Rosa, Maria, Helen, Ruth, Alice, Marta, Nora, Edith, Ines, Vera, Judith, Agnes, "
    "Lena, Dora, Sarah, Emily, Laura, Julia, Iris, Hazel, Violet, Daisy, Mabel, Esther, Naomi, "
    "Leila, Amina, Yuki, Hana, Mei, Priya, Sofia, Elena, Ingrid, Astrid, Freya, Bridget, Nell, "
    "Tom, Jack, Henry, Walter, Frank, George, Samuel, Daniel, Peter, Oscar, Victor, Felix, Hugo, "
    "Leo, Max, Otto, Emil, Carl, Jonah, Noah, Elias, Gabriel, Rafael, Diego, Marco, Paolo, Ivan, "
    "Boris, Kenji, Omar, Karim, Joseph, Arthur, Albert, Ernest, Harold, Stanley, Louis, Miles, "
    "Charlie"
).split(", ")
LAST = (
    "Adler, Baker, Barnes, Bell, Bishop, Brandt, Carter, Castle, Clay, Cooper, Dale, Dawson, "
    "Ellis, Fisher, Foster, Garner, Gibson, Graves, Hale, Harper, Hart, Hunt, Keller, Kemp, Lane, "
    "Larsen, Lowe, Mason, Miller, Moss, Nash, Novak, Olsen, Palmer, Parker, Pike, Porter, Quinn, "
    "Reed, Romero, Rowe, Santos, Shepherd, Silva, Sloan, Stone, Summers, Taylor, Turner, Vance, "
    "Wade, Walker, Webb, Winter, Wolfe, Young"
).split(", ")
PLACE = (
    "Paris, Lisbon, Madrid, Rome, Vienna, Berlin, Hamburg, Prague, Warsaw, Budapest, Athens, "
    "Istanbul, Cairo, Tangier, Dakar, Lagos, Nairobi, Havana, Lima, Bogotá, Santiago, Buenos "
    "Aires, Rio, Mexico, Chicago, Detroit, Boston, New York, Memphis, Denver, Seattle, Montréal, "
    "Toronto, Oslo, Bergen, Stockholm, Helsinki, Dublin, Glasgow, Liverpool, Cardiff, Naples, "
    "Venice, Turin, Marseille, Lyon, Brussels, Antwerp, Zürich, Trieste, Odessa, Tbilisi, Bombay, "
    "Delhi, Saigon, Osaka, Tokyo, Shanghai, Sydney, Alaska, Iceland, Siberia, Patagonia, Nevada, "
    "Ohio, Arcadia, Eden"
).split(", ")
KEYS = [
    f"{tone}{sign} {mode}"
    for tone in "CDEFGAB"
    for sign in ("", "-flat", "-sharp")
    for mode in ("major", "minor")
    if tone + sign not in ("C-flat", "F-flat", "E-sharp", "B-sharp")
]

STOCK = {
    "FIRST": FIRST,
    "LAST": LAST,
    "PLACE": PLACE,
    "KEY": KEYS,
    "ONE": ONE,
    "STUFF": STUFF,
    "MANY": MANY,
    "THING": ONE + STUFF + MANY,
    "MOOD": MOODS,
    "DOING": DOING,
    "GOING": GOING,
    "BEING": BEING,
    "DO": DO,
    "WHEN": WHEN,
    "WHERE": WHERE,
    "NUMBER": NUMBERS,
    "DAY": DAYS,
}
