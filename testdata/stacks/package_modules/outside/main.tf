module "far" {
  source = "../../modules/net"
}
