module "a" {
  source = "./m"
}
module "k" {
  source = "./m"
}
