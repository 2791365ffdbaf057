import "./page.css";
import { render } from "preact";
import { App } from "./app.js";
import { Connection } from "./connection.js";
import { Store } from "./store.js";
import { applyTheme } from "./theme.js";

applyTheme();
const store = new Store();
render(<App store={store} connection={new Connection(store)} />, document.body);
