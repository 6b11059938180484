terraform {
  required_version = "~> 1.5.0"
  experiments      = [something]
  required_verison = "1"
  required_providers {
    a = { source = "a//b" }
    b = { version = "new" }
    c = { sauce = "x" }
    f = { source = "nobody/else" }
    d = [1]
    e = "=> 1"
    g = { source = local.x }
    H = { source = "nobody/else" }
    i = { source = "nobody/else", configuration_aliases = [h.x] }
    j = { source = "nobody/else", configuration_aliases = "j.x" }
  }
  backend "s3" {}
}

terraform {
  required_version = "abc"
  required_providers {
    a = { source = "a/b" }
  }
}

provider "f" {
  alias = "x y"
}

module "m" {
  source = "./m"
}

provider "f" {}
