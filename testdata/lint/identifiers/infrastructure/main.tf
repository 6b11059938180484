provider "tencentcloud" {
  region = var.app_target.region
}

variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string })
  })
}

variable "sg" {
  type = object({ security_group = object({ id = string }) })
}
resource "tencentcloud_security_group" "own" {
  name = "own"
}
resource "tencentcloud_clb_instance" "main" {
  network_type    = "OPEN"
  clb_name        = "main"
  security_groups = [var.app_target.subnet.id, tencentcloud_security_group.own.id, var.sg.security_group.id]
  vpc_id          = var.app_target.subnet.id
  subnet_id       = [var.app_target.subnet.id]
}
resource "tencentcloud_subnet" "sub" {
  vpc_id            = tencentcloud_security_group.own.id
  name              = "sub"
  cidr_block        = "10.0.1.0/24"
  availability_zone = var.app_target.subnet.zone
}
